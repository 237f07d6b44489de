/** The form of an inspection: what people say to each item, and what is still open. Pure. */

import type { Item, ItemWanted, Ruling, Stand } from '@/api/quality-types'

/** What somebody has said to one item. */
export interface Said {
  stand: Stand
  verdict: Ruling | null
  reason: string
}

export type Sheet = ReadonlyMap<string, Said>

export function sheetOf(items: readonly Item[]): Map<string, Said> {
  return new Map(items.map(({ id, stand, verdict, reason }) => [id, { stand, verdict, reason }]))
}

export const saidOf = (sheet: Sheet, item: Item): Said =>
  sheet.get(item.id) ?? { stand: item.stand, verdict: item.verdict, reason: item.reason }

/** Not judged for want of words: nobody has to do the machine's listening. */
export const isUnheard = (item: Item): boolean => item.machine === 'unsure' && item.finding?.confidence === 0

/** A person must say something to it; what the machine found kept is agreed to by silence. */
export const isOwed = (item: Item): boolean =>
  item.by === 'person' || (item.machine !== 'pass' && !isUnheard(item))

export const isDone = (item: Item, said: Said): boolean => !isOwed(item) || said.stand !== ''

/** Saying otherwise than the machine needs a reason; deciding what it left open does not. */
export const needsReason = (item: Item, said: Said): boolean =>
  said.stand === 'overrule' && item.machine !== 'unsure' && said.reason.trim() === ''

/** The verdict that holds after what was said; null while nothing holds. */
export function verdictAfter(item: Item, said: Said): Ruling | 'unsure' | null {
  if (said.stand === 'overrule' || said.stand === 'judged') return said.verdict
  return item.machine
}

/** Why an item is held to be so: in the words of the person who overruled the machine, otherwise what it found. */
export const groundsOf = (item: Item, both: (text: Item['title'] | undefined) => string): string =>
  (item.stand === 'overrule' && item.reason) || both(item.finding?.found) || item.reason

export const agreed = (item: Item): Said => ({
  stand: 'agree',
  verdict: item.machine === 'unsure' ? null : item.machine,
  reason: '',
})

/** A verdict of one's own: agreement where the machine says the same. */
export function ruled(item: Item, verdict: Ruling, reason: string): Said {
  if (item.by === 'person') return { stand: 'judged', verdict, reason }
  if (item.machine === verdict) return { ...agreed(item), reason: '' }
  return { stand: 'overrule', verdict, reason }
}

/** The verdicts that may be given to an item, the machine's own left out. */
export function others(item: Item): Ruling[] {
  const all: Ruling[] = ['pass', 'breach', 'not_applicable']
  return all.filter((one) => one !== item.machine)
}

export interface Left {
  /** Items without a stand. */
  open: string[]
  /** Items overruled without a reason. */
  reasons: string[]
}

export function leftOf(items: readonly Item[], sheet: Sheet): Left {
  const left: Left = { open: [], reasons: [] }
  for (const item of items) {
    const said = saidOf(sheet, item)
    if (!isDone(item, said)) left.open.push(item.id)
    else if (needsReason(item, said)) left.reasons.push(item.id)
  }
  return left
}

/** What has changed since the centre last heard of it. */
export function unsaved(items: readonly Item[], sheet: Sheet): ItemWanted[] {
  return items.flatMap((item) => {
    const said = saidOf(sheet, item)
    const same = said.stand === item.stand && said.verdict === item.verdict && said.reason === item.reason
    return same ? [] : [{ id: item.id, ...said }]
  })
}

export const SECTIONS = ['machine', 'people', 'kept', 'unheard'] as const
export type Section = (typeof SECTIONS)[number]

/** Machine's breaches and doubts first, then what only people judge, then what nothing has to be said to. */
export function sections(items: readonly Item[]): { kind: Section; items: Item[] }[] {
  const kindOf = (item: Item): Section => {
    if (item.by === 'person') return 'people'
    if (isUnheard(item)) return 'unheard'
    return item.machine === 'pass' ? 'kept' : 'machine'
  }
  return SECTIONS.map((kind) => ({ kind, items: items.filter((item) => kindOf(item) === kind) })).filter(
    (section) => section.items.length > 0,
  )
}

/** The next item in the order shown, `step` places on; stays at the ends. */
export function stepped(order: readonly string[], current: string, step: number): string {
  const at = order.indexOf(current)
  if (at < 0) return (step > 0 ? order[0] : order.at(-1)) ?? ''
  return order[Math.min(order.length - 1, Math.max(0, at + step))] ?? current
}
