import { expect, test } from 'vitest'

import { clockLength, formats } from './time'
import { readableNumber } from './use'

const AT = Date.UTC(2026, 10, 21, 16, 5, 9) // 00:05:09 on the 22nd in Shanghai

test('lengths count like a clock', () => {
  expect([0, 999, 7_000, 750_000, 3_723_000, -5].map(clockLength)).toEqual([
    '0:00',
    '0:00',
    '0:07',
    '12:30',
    '1:02:03',
    '0:00',
  ])
})

test('instants are told in the time of the centre', () => {
  const zh = formats('zh-CN', 'Asia/Shanghai')
  expect(zh.time(AT)).toBe('00:05:09')
  expect(zh.dayKey(AT)).toBe('2026-11-22')
  expect(zh.day(AT)).toContain('11月22日')
  expect(formats('en', 'Europe/London').dayKey(AT)).toBe('2026-11-21')
})

test('a time says its day when it is another one', () => {
  const zh = formats('zh-CN', 'Asia/Shanghai')
  expect(zh.timeOrDay(AT, AT + 3_600_000)).toBe('00:05')
  expect(zh.timeOrDay(AT - 600_000, AT)).toBe('11月21日 23:55')
})

test('what is due by midnight is due on the day before', () => {
  const zh = formats('zh-CN', 'Asia/Shanghai')
  expect(zh.deadline(Date.UTC(2026, 11, 2, 16))).toContain('12月2日')
  expect(zh.deadline(Date.UTC(2026, 11, 2, 16))).toContain('23:59')
})

test('lengths in words', () => {
  const zh = formats('zh-CN', 'Asia/Shanghai')
  const en = formats('en', 'Asia/Shanghai')
  expect(zh.words(72_000)).toBe('1分钟12秒')
  expect(en.words(72_000)).toBe('1 min 12 sec')
  expect(en.words(6_240)).toBe('6.2 sec')
  expect(en.words(60_000)).toBe('1 min')
  expect(en.words(3_900_000)).toBe('1 hr 5 min')
})

test('room on a disk is told in the unit that fits, and no two that differ by a part in a hundred as one', () => {
  const zh = formats('zh-CN', 'Asia/Shanghai')
  const en = formats('en', 'Asia/Shanghai')
  const sizes = [0, 52_000, 3_276_800, 999_499_999, 999_500_000, 1_987_654_321, 46e9, 12.5e12, 4e15]
  const told = ['0 kB', '52 kB', '3.28 MB', '999 MB', '1 GB', '1.99 GB', '46 GB', '12.5 TB', '4,000 TB']
  expect(sizes.map(zh.bytes)).toEqual(told)
  expect(sizes.map(en.bytes)).toEqual(told)
})

test('a day begins at its own midnight, over a change of clocks too', () => {
  const berlin = formats('en', 'Europe/Berlin')
  const noon = Date.UTC(2026, 9, 25, 11) // the day summer time ends
  expect(berlin.dayStart(noon)).toBe(Date.UTC(2026, 9, 24, 22))
  expect(berlin.dayStart(noon, -1)).toBe(Date.UTC(2026, 9, 25, 23))
  expect(formats('zh-CN', 'Asia/Shanghai').dayStart(AT)).toBe(Date.UTC(2026, 10, 21, 16))
})

test('a zone nobody knows falls back to the machine’s', () => {
  expect(() => formats('en', 'Moon/Crater').time(AT)).not.toThrow()
})

test('numbers are grouped to be read aloud, masked ones too', () => {
  expect(readableNumber('13800138021')).toBe('138\u00a00013\u00a08021')
  expect(readableNumber('138****8021')).toBe('138\u00a0****\u00a08021')
  expect(readableNumber('01062348890')).toBe('010\u00a06234\u00a08890')
  expect(readableNumber('075586012345')).toBe('0755\u00a08601\u00a02345')
  expect(readableNumber('+442079460123')).toBe('+442079460123')
  expect(readableNumber('8001')).toBe('8001')
})
