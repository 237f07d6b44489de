import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'

import { formats } from './time'
import { cellOf, workbook, type Column } from './workbook'

const shanghai = formats('zh-CN', 'Asia/Shanghai')
const noon = Date.UTC(2026, 4, 5, 4) // noon in Shanghai

test('an instant is a date of the centre, a length whole seconds, nothing an empty cell', () => {
  // day 46147 of spreadsheets is 5 May 2026
  expect(cellOf(noon, 'instant', shanghai)).toBe(46_147.5)
  expect(cellOf(12_648, 'seconds', shanghai)).toBe(13)
  expect(cellOf(0, 'count', shanghai)).toBe(0)
  for (const nothing of [null, undefined, '']) expect(cellOf(nothing, 'seconds', shanghai)).toBeNull()
})

test('a caller may be called what he likes', () => {
  expect(cellOf('王\u0000\u001b\ud800小明\n😀', 'text', shanghai)).toBe('王小明\n😀')
  expect(cellOf('长'.repeat(40_000), 'text', shanghai)).toHaveLength(32_767)
})

test('numbers keep their noughts, and what looks like a formula is a text', async () => {
  const columns: Column<{ number: string; name: string; at: number }>[] = [
    { title: '号码', kind: 'text', width: 16, of: (row) => row.number },
    { title: '姓名', kind: 'text', width: 16, of: (row) => row.name },
    { title: '时间', kind: 'instant', width: 20, of: (row) => row.at },
  ]
  const row = { number: '01065432100', name: '=HYPERLINK("x")<&>', at: noon }
  const file = await workbook([row], columns, shanghai)
  const parts = unzipSync(new Uint8Array(await file.arrayBuffer()))
  const sheet = strFromU8(parts['xl/worksheets/sheet1.xml'] ?? new Uint8Array())
  const texts = strFromU8(parts['xl/sharedStrings.xml'] ?? new Uint8Array())
  expect(texts).toContain('01065432100')
  expect(texts).toContain('=HYPERLINK("x")&lt;&amp;&gt;')
  expect(sheet).toContain('<v>46147.5</v>')
  expect(sheet).not.toContain('<f>')
  expect(strFromU8(parts['xl/styles.xml'] ?? new Uint8Array())).toContain('yyyy-mm-dd hh:mm:ss')
})
