/** Rates with their intervals, as they are drawn and told. Pure. */

import type { FigureRow } from '@/api/figures-types'

export interface Group {
  /** Null: no call to say anything of. */
  rank: number | null
  rows: FigureRow[]
}

/** Rows of one rank belong together: their intervals overlap, so nobody in it is better than another. */
export function groupsOf(rows: readonly FigureRow[], gravest: boolean): Group[] {
  const ranks = new Map<number | null, FigureRow[]>()
  for (const row of rows) ranks.set(row.rank, [...(ranks.get(row.rank) ?? []), row])
  const worst = (a: FigureRow, b: FigureRow) => (b.rate ?? -1) - (a.rate ?? -1) || b.calls - a.calls
  return [...ranks]
    .map(([rank, own]) => ({ rank, rows: [...own].sort(worst) }))
    .sort((a, b) => {
      if (a.rank === null || b.rank === null) return a.rank === b.rank ? 0 : a.rank === null ? 1 : -1
      return gravest ? b.rank - a.rank : a.rank - b.rank
    })
}

/** A rate with its interval in per cent, rounded as fine as the interval allows. */
export function percents(row: Pick<FigureRow, 'rate' | 'low' | 'high'>): [number, number, number] | null {
  if (row.rate === null || row.low === null || row.high === null) return null
  const digits = row.high - row.low < 0.02 ? 10 : 1
  const round = (share: number) => Math.round(share * 100 * digits) / digits
  return [round(row.rate), round(row.low), round(row.high)]
}

/** The end of the axis: the next round number above everything drawn, in per cent. */
export function axisEnd(rows: readonly FigureRow[]): number {
  const most = Math.max(0, ...rows.map((row) => (row.high ?? 0) * 100))
  return [5, 10, 20, 30, 40, 50, 60, 80].find((end) => most <= end) ?? 100
}
