import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import zh from '@/text/zh-CN'
import { PERMISSIONS, roleMay } from './roles'

test('the table is the one the centre decides by', () => {
  const source = readFileSync(`${import.meta.dirname}/../../../src/huawu/accounts/roles.py`, 'utf8')
  const table = source.slice(source.indexOf('PERMISSIONS: Final'))
  const theirs = Object.fromEntries(
    [...table.matchAll(/Role\.(\w+): frozenset\(\s*\{([^}]*)\}/g)].map(([, role, held]) => [
      role?.toLowerCase(),
      [...(held ?? '').matchAll(/P\.(\w+)/g)].map((match) => match[1]?.toLowerCase()),
    ]),
  )
  expect(PERMISSIONS).toEqual(theirs)
})

test('every role has a word', () => {
  expect(Object.keys(zh.role).sort()).toEqual(Object.keys(PERMISSIONS).sort())
})

test('a role that is not known may nothing', () => {
  expect(roleMay('shift_leader', 'set_states')).toBe(true)
  expect(roleMay('inspector', 'set_states')).toBe(false)
  expect(roleMay('poet', 'watch')).toBe(false)
  expect(roleMay(undefined, 'watch')).toBe(false)
})
