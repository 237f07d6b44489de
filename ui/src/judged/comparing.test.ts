import { expect, test } from 'vitest'

import type { Assessment, Finding } from '@/api/quality-types'
import { compared } from './comparing'

const judged = (judged_ms: number, total: number, ...verdicts: Finding['verdict'][]) =>
  ({
    call: 'c',
    version: `v${judged_ms}`,
    judged_ms,
    score: { total, parts: [] },
    findings: verdicts.map((verdict, i) => ({ rule: `r${i}`, verdict })),
  }) as unknown as Assessment

test('another judgement is compared with the one before, once it is there', () => {
  const before = judged(1, 90, 'breach', 'pass')
  expect(compared(before, before)).toBeNull()
  expect(compared(null, before)).toBeNull()
  expect(compared(before, judged(2, 90, 'breach', 'pass'))).toMatchObject({ same: true })
  expect(compared(before, judged(2, 100, 'pass', 'pass'))).toEqual({
    before: { total: 90, breaches: 1, version: 'v1' },
    after: { total: 100, breaches: 0, version: 'v2' },
    same: false,
  })
  expect(compared(before, judged(2, 90, 'pass', 'breach'))?.same).toBe(false)
})
