/**
 * A list as a workbook (.xlsx), which every spreadsheet opens without a question: texts stay texts (a number
 * keeps its leading nought, nothing is taken for a formula), instants are dates of the centre's clock, and
 * counts, lengths and shares can be added up.
 */

import type { Formats } from './time'

const DAY_MS = 86_400_000
/** Days from a spreadsheet's day 0 (30 December 1899) to 1970. */
const DAYS_BEFORE_1970 = 25_569
/** What a cell holds at most (ECMA-376 leaves it open; spreadsheets cut here). */
const LONGEST = 32_767

export type Kind = 'text' | 'count' | 'share' | 'seconds' | 'instant'
export type Value = string | number | null | undefined

/** `of` gives a text, a count, a share from 0 to 1, a length in ms, or an instant in Unix ms. */
export interface Column<Row> {
  title: string
  kind: Kind
  /** In characters. */
  width: number
  of: (row: Row) => Value
}

const LOOKS: Record<Exclude<Kind, 'text'>, string> = {
  count: '0',
  share: '0.0%',
  seconds: '0',
  instant: 'yyyy-mm-dd hh:mm:ss',
}

/** What XML 1.0 (§2.2) has no room for: a caller's name comes from outside. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

export const plainText = (text: string): string => text.replace(NOT_XML, '').slice(0, LONGEST)

/** A value as its cell holds it. */
export function cellOf(value: Value, kind: Kind, format: Formats): string | number | null {
  if (value === null || value === undefined || value === '') return null
  if (kind === 'text') return plainText(String(value))
  const n = Number(value)
  if (kind === 'seconds') return Math.round(n / 1_000)
  return kind === 'instant' ? format.wall(n) / DAY_MS + DAYS_BEFORE_1970 : n
}

/** The workbook with one sheet: a head that stays in sight, and a line for each row. */
export async function workbook<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  format: Formats,
): Promise<Blob> {
  const { default: write } = await import('write-excel-file/browser')
  const head = columns.map((column) => ({ value: column.title, fontWeight: 'bold' as const }))
  const lines = rows.map((row) =>
    columns.map(({ kind, of }) => {
      const value = cellOf(of(row), kind, format)
      if (value === null) return null
      return kind === 'text'
        ? { value: String(value), type: String }
        : { value: Number(value), type: Number, format: LOOKS[kind] }
    }),
  )
  return write([head, ...lines], {
    columns: columns.map(({ width }) => ({ width })),
    stickyRowsCount: 1,
  }).toBlob()
}

/** The browser puts it where it puts what is downloaded. */
export function handOver(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // the browser has taken hold of it by then, however slow the disk is
  window.setTimeout(() => {
    URL.revokeObjectURL(link.href)
  }, 60_000)
}
