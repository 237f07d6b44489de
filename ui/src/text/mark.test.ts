// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from 'vitest'

import { isChinese, markLanguages } from './mark'

let end: () => void
const at = (selector: string) => document.querySelector<HTMLElement>(selector) as HTMLElement
const langOf = (selector: string) => at(selector).closest<HTMLElement>('[lang]')?.lang
const seen = () => new Promise((done) => setTimeout(done))

beforeEach(() => {
  document.documentElement.lang = 'en'
  document.body.innerHTML = `<p id="why">三秒太紧，改为九秒。<span id="by">decided by the manager</span></p>
    <p id="own">冯老师 proposes changes</p><textarea></textarea><option lang="zh-CN">中文</option>`
  end = markLanguages(document.body)
})
afterEach(() => {
  end()
})

test('a text is Chinese when most of it is written so', () => {
  expect(isChinese('订单尾号 8021，要求改签')).toBe(true)
  expect(isChinese('请下载APP再试')).toBe(true)
  expect(isChinese('冯老师 proposes changes')).toBe(false)
  expect(isChinese('8021, 42 %')).toBe(false)
  expect(isChinese('，')).toBe(true) // a transcript's words and marks are pieces of their own
})

test('Chinese on an English page is marked, and the words of the page within it as such', () => {
  expect(langOf('#why')).toBe('zh-CN')
  expect(langOf('#by')).toBe('en')
  expect(langOf('#own')).toBe('en')
})

test('what comes and changes later is marked, and unmarked again', async () => {
  at('#own').textContent = '王芳'
  const why = at('#why').firstChild as Text
  why.data = 'Too strict. '
  const row = document.createElement('ul')
  row.innerHTML = '<li id="row"><b>业务咨询</b></li>'
  document.body.append(row)
  await seen()
  expect(langOf('#own')).toBe('zh-CN')
  expect(langOf('#why')).toBe('en')
  expect(langOf('#by')).toBe('en')
  expect(langOf('#row b')).toBe('zh-CN')
  at('#own').textContent = 'Grace'
  await seen()
  expect(at('#own').hasAttribute('lang')).toBe(false)
})

test('what somebody writes is marked while they write', () => {
  const box = at('textarea') as HTMLTextAreaElement
  box.value = '请先试听十通，再交回来。'
  box.dispatchEvent(new Event('input', { bubbles: true }))
  expect(box.lang).toBe('zh-CN')
})

test('on a Chinese page nothing needs a mark; those that a page set itself stay', async () => {
  document.documentElement.lang = 'zh-CN'
  await seen()
  expect(document.querySelectorAll('body [lang]')).toHaveLength(1)
  expect(at('option').lang).toBe('zh-CN')
})
