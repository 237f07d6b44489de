import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { AGENT_STATES, CALL_STATES, OUTCOMES } from '@/api/types'
import { keysOf } from './catalogue'
import en from './en'
import zh from './zh-CN'

function textOf(catalogue: object, key: string): string {
  return String(
    key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], catalogue),
  )
}

test('both catalogues have the same keys', () => {
  expect(keysOf(en)).toEqual(keysOf(zh))
})

test('no text is empty, and both languages fill in the same values', () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
  for (const key of keysOf(zh)) {
    expect(textOf(zh, key), key).not.toBe('')
    const forms = textOf(en, key).split(' | ')
    expect([1, 2], key).toContain(forms.length)
    for (const form of forms) expect(values(form), key).toEqual(values(textOf(zh, key)))
  }
})

test('the English catalogue has no Chinese in it', () => {
  for (const key of keysOf(en)) expect(textOf(en, key), key).not.toMatch(/\p{Script=Han}/u)
})

test('every state and outcome has a word', () => {
  expect(Object.keys(zh.state).sort()).toEqual([...AGENT_STATES].sort())
  expect(Object.keys(zh.call_state).sort()).toEqual([...CALL_STATES].sort())
  expect(Object.keys(zh.outcome).sort()).toEqual([...OUTCOMES].sort())
})

test('every kind of fact that the centre writes has a sentence', () => {
  const source = readFileSync(`${import.meta.dirname}/../../../src/huawu/calls/facts.py`, 'utf8')
  const list = source.slice(source.indexOf('Kind = Literal['), source.indexOf('\n]'))
  const kinds = [...list.matchAll(/^ {4}"(\w+)"/gm)].map((m) => m[1] as string)
  expect(kinds.length).toBeGreaterThan(30)
  for (const kind of kinds) expect(Object.keys(zh.fact), kind).toContain(kind)
})

test('every prompt that is shipped has a short name', () => {
  const source = readFileSync(`${import.meta.dirname}/../../../src/huawu/assets/prompts.yaml`, 'utf8')
  const prompts = [...source.slice(source.indexOf('\nprompts:')).matchAll(/^ {2}([a-z-]+):/gm)]
  expect(prompts.length).toBeGreaterThan(40)
  for (const [, prompt] of prompts) expect(Object.keys(zh.prompt), prompt).toContain(prompt)
})

test('every kind of news of the desk has a sentence', () => {
  const source = readFileSync(`${import.meta.dirname}/../api/desk-types.ts`, 'utf8')
  const type = source.slice(source.indexOf('export interface News'))
  const kinds = [...type.slice(0, type.indexOf('state: string')).matchAll(/\| '(\w+)'/g)].map(
    (m) => m[1] as string,
  )
  expect(kinds).toContain('appeal_decided')
  for (const kind of kinds) expect(Object.keys(zh.desk.news), kind).toContain(kind)
})

test('every refusal of a move has a sentence', () => {
  const source = readFileSync(`${import.meta.dirname}/../../../src/huawu/calls/errors.py`, 'utf8')
  const table = source.slice(source.indexOf('WHY: Final'), source.indexOf('\n}'))
  const codes = [...table.matchAll(/^ {4}"(\w+)"/gm)].map((m) => m[1] as string)
  expect(codes.length).toBeGreaterThan(15)
  for (const code of codes) expect(Object.keys(zh.refusal), code).toContain(code)
})

test('no page has a text of its own', () => {
  const root = `${import.meta.dirname}/..`
  const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.vue'),
  )
  for (const page of pages) {
    const source = readFileSync(`${root}/${page}`, 'utf8').replaceAll(
      /<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm,
      '',
    )
    expect(source, page).not.toMatch(/\p{Script=Han}/u)
  }
})
