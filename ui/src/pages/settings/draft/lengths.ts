/** Lengths of time and shares as the file writes them, and as people read them. */

const LENGTH = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/

/** `20s`, `3m`, `1h30m`, `500ms`, `0` → ms; null when it is none of that. */
export function parseLength(text: string): number | null {
  if (text === '0') return 0
  const match = LENGTH.exec(text)
  if (!text || !match) return null
  const [hours, minutes, seconds, ms] = match.slice(1).map((part) => Number(part ?? 0))
  return (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000 + (ms ?? 0)
}

/** The shortest writing that `parseLength` reads back. */
export function printLength(ms: number): string {
  const pieces: [number, string][] = [
    [Math.floor(ms / 3_600_000), 'h'],
    [Math.floor(ms / 60_000) % 60, 'm'],
    [Math.floor(ms / 1_000) % 60, 's'],
    [ms % 1_000, 'ms'],
  ]
  return pieces.map(([count, unit]) => (count ? `${count}${unit}` : '')).join('') || '0'
}

/** What somebody typed as a length, in the file's writing: a bare number is seconds; `1 h 30`, `2分` are read too. */
export function lengthTyped(typed: string): string | null {
  const text = typed
    .toLowerCase()
    .replaceAll(/\s|。/g, '')
    .replaceAll(/毫秒/g, 'ms')
    .replaceAll(/小时|时/g, 'h')
    .replaceAll(/分钟|分|min/g, 'm')
    .replaceAll(/秒钟|秒|sec/g, 's')
  if (/^\d+$/.test(text)) return printLength(Number(text) * 1000)
  const clock = /^(\d+):(\d\d)$/.exec(text)
  if (clock) return printLength((Number(clock[1]) * 60 + Number(clock[2])) * 1000)
  const ms = parseLength(text)
  return ms === null ? null : printLength(ms)
}

/** `80%`, `0.8`, `80` → 0.8; null when it is no share. */
export function shareTyped(typed: string): number | null {
  const text = typed.trim()
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text)
  if (!match) return null
  const number = Number(match[1])
  const share = text.includes('%') || number > 1 ? number / 100 : number
  return share <= 1 ? Math.round(share * 1e6) / 1e6 : null
}

export function printShare(value: string | number): string {
  const share = shareTyped(String(value))
  return share === null ? String(value) : `${Math.round(share * 1e4) / 100}%`
}
