/** What this tab must know after a reload to take its call up again: kept for the tab alone, and not for long. */

export interface KeptDialog {
  call_id: string
  /** Ours. */
  local_tag: string
  remote_tag: string
  /** The centre's id of the call, and the other end, to show while the line comes back. */
  call: string
  number: string
  name: string
  since: number
  muted: boolean
  /** When the tab was last alive in this call (ms). */
  seen: number
}

const KEPT = 'huawu.phone.dialog'
/** The switch gives a lost browser no longer than this; afterwards the call is somebody else's. */
export const GRACE_MS = 60_000

export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function keepDialog(store: Store, dialog: KeptDialog): void {
  store.setItem(KEPT, JSON.stringify(dialog))
}

export function forgetDialog(store: Store): void {
  store.removeItem(KEPT)
}

/** The call of the tab's former life, unless there was none, it is too old, or what stands there is not ours. */
export function keptDialog(store: Store, now: number): KeptDialog | null {
  const text = store.getItem(KEPT)
  if (!text) return null
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return null
  }
  return isDialog(found) && now - found.seen <= GRACE_MS ? found : null
}

const TEXTS = ['call_id', 'local_tag', 'remote_tag', 'call', 'number', 'name'] as const

function isDialog(value: unknown): value is KeptDialog {
  if (typeof value !== 'object' || value === null) return false
  const of = value as Record<string, unknown>
  return (
    TEXTS.every((name) => typeof of[name] === 'string') &&
    typeof of['since'] === 'number' &&
    typeof of['seen'] === 'number' &&
    typeof of['muted'] === 'boolean'
  )
}

/**
 * The Replaces header (RFC 3891) that takes over our own former leg. The tags are named from the side of whoever
 * gets it: `to-tag` is theirs, `from-tag` ours.
 */
export function replacesHeader(dialog: KeptDialog): string {
  return `Replaces: ${dialog.call_id};to-tag=${dialog.remote_tag};from-tag=${dialog.local_tag}`
}
