import { expect, test } from 'vitest'

import { nameTrouble } from './naming'
import en from './text/en'
import zh from './text/zh-CN'

test('a name that is free and of its form may be used', () => {
  expect(nameTrouble('id', 'line.2', ['line.1'])).toBeNull()
  expect(nameTrouble('id', '投诉', [])).toBeNull()
  expect(nameTrouble('dial', '+861012345678', [])).toBeNull()
  expect(nameTrouble('keys', '*1', ['1'])).toBeNull()
  expect(nameTrouble('disposition', 'lost_bag', [])).toBeNull()
  expect(nameTrouble('variable', 'card_2', [])).toBeNull()
  expect(nameTrouble('step', 'ask again', [])).toBeNull()
  expect(nameTrouble('text', 'X-Any/thing', [])).toBeNull()
})

test('what is wrong with a name is said', () => {
  expect(nameTrouble('id', '', [])).toBe('empty')
  expect(nameTrouble('id', 'general', ['general'])).toBe('taken')
  expect(nameTrouble('id', 'a b', [])).toBe('id')
  expect(nameTrouble('id', 'a'.repeat(65), [])).toBe('id')
  expect(nameTrouble('dial', '4000-1', [])).toBe('dial')
  expect(nameTrouble('keys', 'A', [])).toBe('keys')
  expect(nameTrouble('disposition', 'lost.bag', [])).toBe('disposition')
  expect(nameTrouble('variable', 'card-no', [])).toBe('variable')
  expect(nameTrouble('step', 'a/b', [])).toBe('step')
})

test('each trouble has its words', () => {
  const troubles = ['taken', 'empty', 'id', 'dial', 'keys', 'disposition', 'variable', 'step']
  for (const text of [zh, en]) expect(Object.keys(text.settings.naming).sort()).toEqual(troubles.sort())
})
