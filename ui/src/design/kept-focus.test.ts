// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { BUSY_MS, keepFocus } from './kept-focus'

let end: () => void
const at = (selector: string) => document.querySelector<HTMLElement>(selector) as HTMLElement
/** What changed is looked at in a later task. */
const seen = () => vi.advanceTimersByTimeAsync(1)

beforeEach(() => {
  vi.useFakeTimers()
  document.body.innerHTML =
    '<main><section><ul><li><button id="noted">Noted</button></li></ul></section><button id="other"></button></main>'
  end = keepFocus(document.body)
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

test('what goes away hands the focus to the part around it', async () => {
  at('#noted').focus()
  at('li').remove()
  await seen()
  expect(document.activeElement).toBe(at('section'))
  at('section').remove()
  await seen()
  expect(document.activeElement).toBe(at('main'))
})

test('what is busy for a moment gets it back; what stays so hands it over', async () => {
  const button = at('#noted') as HTMLButtonElement
  async function work(ms: number): Promise<void> {
    button.focus()
    button.disabled = true
    await vi.advanceTimersByTimeAsync(ms)
    button.disabled = false
    await seen()
  }
  await work(BUSY_MS / 2)
  expect(document.activeElement).toBe(button)
  await work(BUSY_MS + 1)
  expect(document.activeElement).toBe(at('section'))
})

test('whoever leaves a control is not led back, and who went on stays there', async () => {
  at('#noted').focus()
  at('#noted').blur()
  await seen()
  at('li').append('!')
  await seen()
  expect(document.activeElement).toBe(document.body)
  at('#noted').focus()
  at('#other').focus()
  at('li').remove()
  await seen()
  expect(document.activeElement).toBe(at('#other'))
})
