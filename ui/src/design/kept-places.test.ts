// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, defineComponent, h, nextTick, ref, type App } from 'vue'

import { keepPlaces, KEPT_MS, useKeptPlaces, type Newcomers } from './kept-places'

const keep = (rows: string, kept: string, newcomers?: Newcomers) =>
  keepPlaces([...rows], [...kept], (row) => row, newcomers).join('')

test('known rows keep their places, gone ones go, new ones come last', () => {
  expect(keep('cab', 'abc')).toBe('abc')
  expect(keep('ca', 'abc')).toBe('ac')
  expect(keep('xcyabz', 'abc')).toBe('abcxyz')
  expect(keep('', 'abc')).toBe('')
})

test('new ones that would push others down can wait; those behind all others are shown', () => {
  expect(keep('xcyabz', 'abc', 'wait')).toBe('abcz')
  expect(keep('xy', 'abc', 'wait')).toBe('xy')
})

let app: App | undefined
let list: HTMLElement
const rows = ref<string[]>([])
const text = () => list.textContent

/** A hand does something at the list. */
async function hand(type: string, more: Record<string, unknown> = {}): Promise<void> {
  list.dispatchEvent(Object.assign(new Event(type), { pointerType: 'mouse', buttons: 0, ...more }))
  await nextTick()
}

async function become(order: string): Promise<void> {
  rows.value = [...order]
  await nextTick()
}

beforeEach(() => {
  vi.useFakeTimers()
  rows.value = [...'abc']
  const board = defineComponent(() => {
    const { shown, reach } = useKeptPlaces(
      () => rows.value,
      (row) => row,
    )
    const on = Object.fromEntries(
      Object.entries(reach).map(([type, act]) => [`on${type[0]?.toUpperCase()}${type.slice(1)}`, act]),
    )
    return () =>
      h(
        'ul',
        on,
        shown.value.map((row) => h('li', { key: row }, row)),
      )
  })
  const root = document.createElement('div')
  document.body.append(root)
  app = createApp(board)
  app.mount(root)
  list = root.firstElementChild as HTMLElement
})
afterEach(() => {
  app?.unmount()
  vi.useRealTimers()
})

test('nobody near: rows stand in their order', async () => {
  await become('cab')
  expect(text()).toBe('cab')
})

test('a pointer that moves keeps them, until some time after its last move', async () => {
  await hand('pointermove')
  await become('cabx')
  expect(text()).toBe('abcx')
  vi.advanceTimersByTime(KEPT_MS - 1)
  await hand('pointermove')
  vi.advanceTimersByTime(KEPT_MS - 1)
  await nextTick()
  expect(text()).toBe('abcx')
  vi.advanceTimersByTime(1)
  await nextTick()
  expect(text()).toBe('cabx')
})

test('a press keeps them however long it lasts', async () => {
  await hand('pointermove')
  await hand('pointerdown', { buttons: 1 })
  await hand('pointermove', { buttons: 1 }) // a hand trembles
  await become('cab')
  vi.advanceTimersByTime(3 * KEPT_MS)
  await nextTick()
  expect(text()).toBe('abc')
  await hand('pointerup')
  expect(text()).toBe('abc')
  vi.advanceTimersByTime(KEPT_MS)
  await nextTick()
  expect(text()).toBe('cab')
})

test('a mouse that leaves lets go at once, a finger does not', async () => {
  await hand('pointerdown', { buttons: 1 })
  await become('cab')
  await hand('pointerup')
  await hand('pointerleave', { pointerType: 'touch' })
  expect(text()).toBe('abc')
  await hand('pointerleave')
  expect(text()).toBe('cab')
})

test('a finger that scrolls lets go like one that was lifted', async () => {
  await hand('pointerdown', { pointerType: 'touch', buttons: 1 })
  await become('cab')
  await hand('pointercancel', { pointerType: 'touch' })
  await hand('pointerleave', { pointerType: 'touch' })
  expect(text()).toBe('abc')
  vi.advanceTimersByTime(KEPT_MS)
  await nextTick()
  expect(text()).toBe('cab')
})

test('keys keep them as well', async () => {
  await hand('keydown')
  await become('cab')
  expect(text()).toBe('abc')
})
