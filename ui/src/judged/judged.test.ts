import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Rule } from '@/api/book-types'
import type { Assessment, Finding, Turn, VerdictKind } from '@/api/quality-types'
import { clipOf, placed, wasRecorded } from './clips'
import { countOf, listed, unheardOf } from './findings'
import { partsOf, scoreWords } from './score'
import { currentPiece, piecesOf, rowsOf } from './transcript'

const text = { zh: '话', en: 'word' }
const finding = (more: Partial<Finding> = {}): Finding => ({
  id: 'f',
  rule: 'open.greeting',
  title: text,
  part: 'opening',
  source: 'S1',
  severity: 'minor',
  points: 2,
  version: 1,
  verdict: 'breach',
  party: 'agent',
  agent: '1001',
  scored: true,
  from_ms: 1_000,
  to_ms: 2_000,
  expected: text,
  found: text,
  hint: text,
  reason: text,
  confidence: 1,
  ...more,
})
const turn = (words: Turn['words'], written: string, more: Partial<Turn> = {}): Turn => ({
  party: 'agent',
  from_ms: words[0]?.[1] ?? 0,
  to_ms: words.at(-1)?.[2] ?? 0,
  text: written,
  words,
  masked: false,
  ...more,
})

test('the pieces of a turn together are its text, whatever the words', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ maxLength: 3 })), (written, words) => {
      const times = words.map((word, i): Turn['words'][number] => [word, i * 100, i * 100 + 90, 1])
      expect(
        piecesOf(turn(times, written))
          .map((piece) => piece.text)
          .join(''),
      ).toBe(written)
    }),
  )
})

test('marks between words have no time, words that were written otherwise give theirs to what stands for them', () => {
  const said = turn(
    [
      ['您好', 0, 400, 1],
      ['一零零一', 500, 900, 1],
      ['号', 900, 1_000, 1],
    ],
    '您好，1001号。',
  )
  expect(piecesOf(said).map(({ text, from }) => [text, from])).toEqual([
    ['您好', 0],
    ['，1001', 500],
    ['号', 900],
    ['。', null],
  ])
})

test('the word being said is the last that began, until the turn is over', () => {
  const [row] = rowsOf(
    [
      turn(
        [
          ['好', 100, 200, 1],
          ['的', 300, 400, 1],
        ],
        '好的',
      ),
    ],
    [],
  )
  if (!row) throw new Error('no row')
  expect([50, 100, 250, 300, 400, 401].map((at) => currentPiece(row, at))).toEqual([-1, 0, 0, 1, 1, -1])
})

test('evidence is marked in the words of whom it is about, the gravest verdict first', () => {
  const turns = [
    turn([['喂', 1_000, 1_200, 1]], '喂'),
    turn([['你好', 1_050, 1_300, 1]], '你好', { party: 'caller' }),
  ]
  const rows = rowsOf(turns, [
    finding({ id: 'a', verdict: 'pass', from_ms: 900, to_ms: 1_500 }),
    finding({ id: 'b', from_ms: 1_000, to_ms: 1_200 }),
    finding({ id: 'c', verdict: 'not_applicable' }),
    finding({ id: 'd', agent: '1002', scored: false, from_ms: 1_000, to_ms: 1_200 }),
  ])
  expect(rows.map((row) => row.pieces.map((piece) => piece.verdict))).toEqual([['breach'], [null]])
  expect(rows.flatMap((row) => row.findings.map((one) => one.id)).sort()).toEqual(['a', 'b'])
})

test('a clip lies within the recording and has a length', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1_000, max: 90_000 }),
      (from, lasting, length) => {
        const clip = clipOf({ from_ms: from, to_ms: from + lasting }, 5_000, length)
        expect(clip.from).toBeGreaterThanOrEqual(0)
        expect(clip.to).toBeLessThanOrEqual(length)
        if (wasRecorded({ from_ms: from, to_ms: from + lasting }, 5_000, length))
          expect(clip.to).toBeGreaterThan(clip.from)
      },
    ),
  )
})

test('what is about the whole call, or did not apply, has no place on the lanes', () => {
  const all = [
    finding({ id: 'here' }),
    finding({ id: 'whole', from_ms: 0, to_ms: 60_000 }),
    finding({ id: 'not', verdict: 'not_applicable' }),
    finding({ id: 'theirs', party: 'caller', from_ms: 500 }),
  ]
  expect(placed(all, 0, 60_000).map((one) => [one.finding.id, one.lane])).toEqual([
    ['theirs', 'caller'],
    ['here', 'agent'],
  ])
})

test('what was not heard is told once, not rule by rule', () => {
  const findings = (['unsure', 'breach', 'pass'] as VerdictKind[]).map((verdict) =>
    finding({ id: verdict, rule: verdict === 'unsure' ? 'words' : 'times', verdict }),
  )
  const rules = new Map([
    ['words', { looks_at: ['T', 'P'] } as Rule],
    ['times', { looks_at: ['T'] } as Rule],
  ])
  const unheard = unheardOf({ words: false, findings } as unknown as Assessment, rules)
  expect([...unheard]).toEqual(['words'])
  expect(listed(findings, 'all', unheard).map((one) => one.id)).toEqual(['breach', 'pass'])
  expect(unheardOf({ words: true, findings } as unknown as Assessment, rules).size).toBe(0)
  expect(countOf(findings)).toEqual({ breach: 1, unsure: 1, pass: 1, not_applicable: 0, all: 3 })
})

test('a score is never rounded up to a full hundred, and parts without points are left out', () => {
  expect([null, 100, 99.7, 62.4].map(scoreWords)).toEqual([null, '100', '99', '62'])
  const parts = partsOf([
    { part: 'bans', title: text, kept: 0, possible: 0 },
    { part: 'opening', title: text, kept: 5, possible: 5 },
    { part: 'closing', title: text, kept: 3, possible: 4 },
  ])
  expect(parts.map((one) => [one.part, one.share])).toEqual([
    ['opening', 1],
    ['closing', 0.75],
  ])
})
