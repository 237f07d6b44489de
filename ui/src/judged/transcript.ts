/** A transcript laid out for reading along: words with their times inside the written text. Pure. */

import type { Finding, Turn, VerdictKind } from '@/api/quality-types'

/** A piece of a turn's text; what stands between words (marks, blanks) has no time of its own. */
export interface Piece {
  text: string
  from: number | null
  to: number | null
  confidence: number
  /** The gravest verdict whose evidence it is, if any. */
  verdict: VerdictKind | null
}

export interface Row {
  turn: Turn
  pieces: Piece[]
  /** What was found while this turn lasted or before the next began. */
  findings: Finding[]
}

/** The place of the last that fits; -1 = none does. */
export function lastWhere<T>(list: readonly T[], fits: (one: T) => boolean): number {
  for (let i = list.length - 1; i >= 0; i--) if (fits(list[i] as T)) return i
  return -1
}

const GRAVITY: Record<VerdictKind, number> = { breach: 3, unsure: 2, pass: 1, not_applicable: 0 }

/**
 * The text cut at its words. The written text may differ from the words said (numbers as digits, marks): what is
 * between two words that were found belongs to the words in between that were not.
 */
export function piecesOf(turn: Turn): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  /** Time of the words that the text does not show as they were said. */
  let lost: { from: number; to: number } | null = null
  const between = (until: number) => {
    if (until > at)
      pieces.push({
        text: turn.text.slice(at, until),
        from: lost?.from ?? null,
        to: lost?.to ?? null,
        confidence: 1,
        verdict: null,
      })
    lost = null
    at = until
  }
  for (const [said, from, to, confidence] of turn.words) {
    const word = said.trim()
    const found = word ? turn.text.indexOf(word, at) : -1
    if (found < 0) {
      lost = { from: (lost as { from: number } | null)?.from ?? from, to }
      continue
    }
    between(found)
    pieces.push({ text: word, from, to, confidence, verdict: null })
    at = found + word.length
  }
  between(turn.text.length)
  return pieces
}

/** Turns as they followed each other, each with what was found meanwhile; evidence is marked in the words. */
export function rowsOf(turns: readonly Turn[], findings: readonly Finding[]): Row[] {
  const sorted = [...turns].sort((a, b) => a.from_ms - b.from_ms)
  const rows = sorted.map((turn): Row => ({ turn, pieces: piecesOf(turn), findings: [] }))
  for (const finding of findings) {
    if (finding.verdict === 'not_applicable' || !finding.scored) continue // who never came said nothing here
    const row = rows[lastWhere(rows, (one) => one.turn.from_ms <= finding.from_ms)] ?? rows[0]
    row?.findings.push(finding)
    for (const one of rows)
      if (one.turn.party === finding.party) for (const piece of one.pieces) mark(piece, finding)
  }
  for (const row of rows) row.findings.sort((a, b) => a.from_ms - b.from_ms)
  return rows
}

function mark(piece: Piece, finding: Finding): void {
  if (piece.from === null || piece.to === null) return
  const middle = (piece.from + piece.to) / 2
  if (middle < finding.from_ms || middle > finding.to_ms) return
  if (piece.verdict === null || GRAVITY[finding.verdict] > GRAVITY[piece.verdict])
    piece.verdict = finding.verdict
}

/** Which piece of a row is being said at an instant; -1 = none. The last said stays lit until the next begins. */
export function currentPiece(row: Row, at: number): number {
  if (at < row.turn.from_ms || at > row.turn.to_ms) return -1
  return lastWhere(row.pieces, (piece) => piece.from !== null && piece.from <= at)
}
