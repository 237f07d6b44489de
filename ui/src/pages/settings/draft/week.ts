/** Opening hours as a week of seven days, and back to the file's short words (`mon-fri: …`). */

import type { Plain } from '@/api/settings-types'
import { isTable, short, wordsOf, type Table } from './plain'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]
/** Minutes of the day, from–until; until beyond 1440 belongs to the next day. */
export type Span = readonly [number, number]
export type Week = Record<Day, string[]>

export const DAY_MINUTES = 24 * 60
const SPAN = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/

/** `mon-fri`, `sat,sun`, `every` → days; null when it is none of that. */
export function parseDays(text: string): Day[] | null {
  const found: Day[] = []
  for (const part of text.toLowerCase().replaceAll(' ', '').split(',')) {
    if (part === 'every') {
      found.push(...DAYS)
      continue
    }
    const [first = '', last] = part.split('-')
    const begin = DAYS.indexOf(first as Day)
    const end = DAYS.indexOf((last ?? first) as Day)
    if (begin < 0 || end < 0) return null
    for (let n = 0; n <= (end - begin + 7) % 7; n++) found.push(DAYS[(begin + n) % 7] as Day)
  }
  return found
}

/** The week the file's words mean; null when they cannot be read (then the text is all there is). */
export function weekOf(hours: Plain | undefined): Week | null {
  const week = Object.fromEntries(DAYS.map((day) => [day, [] as string[]])) as Week
  if (hours === undefined) return week
  if (!isTable(hours)) return null
  for (const [words, spans] of Object.entries(hours)) {
    const days = parseDays(words)
    if (!days) return null
    for (const day of days) week[day] = wordsOf(spans)
  }
  return week
}

/** The shortest words for a week: days in a row with the same hours go together. */
export function hoursOf(week: Week): Table {
  const told = (day: Day | undefined) => (day === undefined ? '' : week[day].join(' '))
  if (told('mon') && DAYS.every((day) => told(day) === told('mon')))
    return { every: short(week.mon) as Plain }
  const hours: Table = {}
  for (let first = 0; first < DAYS.length;) {
    let last = first
    while (last + 1 < DAYS.length && told(DAYS[last + 1]) === told(DAYS[first])) last++
    const [from, to] = [DAYS[first] as Day, DAYS[last] as Day]
    if (told(from)) hours[from === to ? from : `${from}-${to}`] = short(week[from]) as Plain
    first = last + 1
  }
  return hours
}

/** `09:00-18:00` → minutes; null when it is no span. */
export function parseSpan(text: string): Span | null {
  const match = SPAN.exec(
    text
      .replaceAll(/\s/g, '')
      .replaceAll(/[–—~至]/g, '-')
      .replaceAll('：', ':'),
  )
  if (!match) return null
  const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number]
  const [begin, end] = [a * 60 + b, c * 60 + d]
  if (b > 59 || d > 59 || begin >= DAY_MINUTES || end > DAY_MINUTES || begin === end) return null
  return [begin, end > begin ? end : end + DAY_MINUTES]
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

export function printSpan([begin, end]: Span): string {
  return `${clock(begin)}-${clock(end > DAY_MINUTES ? end - DAY_MINUTES : end)}`
}

/** What somebody typed for a day: `9:00-12:00, 13:30-18:00`; what cannot be read stays as it was typed. */
export function spansTyped(text: string): string[] {
  return text
    .split(/[,，、;；]+/)
    .map((each) => each.trim())
    .filter(Boolean)
    .map((each) => {
      const span = parseSpan(each)
      return span ? printSpan(span) : each
    })
}

/** Spans in order, those that touch made one. */
export function joined(spans: readonly Span[]): Span[] {
  const found: [number, number][] = []
  for (const [begin, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1)
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end)
    else found.push([begin, end])
  }
  return found
}

/** A stretch of the day opened or closed. */
export function painted(spans: readonly Span[], stretch: Span, open: boolean): Span[] {
  if (open) return joined([...spans, stretch])
  return spans.flatMap(([begin, end]): Span[] => {
    const left: Span[] = begin < stretch[0] ? [[begin, Math.min(end, stretch[0])]] : []
    const right: Span[] = end > stretch[1] ? [[Math.max(begin, stretch[1]), end]] : []
    return [...left, ...right]
  })
}

/** The days of a month as a calendar shows them: whole weeks from Monday, as `2026-10-01`. */
export function monthOf(year: number, month: number): { date: string; inside: boolean }[] {
  const first = new Date(Date.UTC(year, month, 1))
  const before = (first.getUTCDay() + 6) % 7
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const weeks = Math.ceil((before + length) / 7)
  return Array.from({ length: weeks * 7 }, (_, n) => ({
    date: new Date(Date.UTC(year, month, n - before + 1)).toISOString().slice(0, 10),
    inside: n >= before && n < before + length,
  }))
}
