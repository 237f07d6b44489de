/** Instants, lengths and numbers as people read them, by Intl, in the centre's time zone. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length as a clock shows it: `0:07`, `12:30`, `1:02:03`. Cut to whole seconds; negative counts as none. */
export function clockLength(ms: number): string {
  const all = Math.max(0, Math.floor(ms / SECOND))
  const pad = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(all / 3600)
  const minutes = Math.floor((all % 3600) / 60)
  return hours ? `${hours}:${pad(minutes)}:${pad(all % 60)}` : `${minutes}:${pad(all % 60)}`
}

export interface Formats {
  locale: string
  zone: string
  /** `14:03:22` */
  time(at: number): string
  /** `14:03` */
  shortTime(at: number): string
  /** `14:03`; on another day than `now`'s, `11月21日 14:03`. */
  timeOrDay(at: number, now: number): string
  /** `2026年11月21日 星期六`, or the English of it */
  day(at: number): string
  /** `11月21日 14:03:22` */
  instant(at: number): string
  /** Says the last minute before an instant: what is due by midnight is due on the day before. */
  deadline(at: number): string
  /** Says which calendar day an instant falls on, as `2026-11-21`. */
  dayKey(at: number): string
  /** The first moment of the day that many days before the one of `at`. */
  dayStart(at: number, daysBefore?: number): number
  /** The first moment of a calendar day named as `2026-11-21`, or that many days after; null: no such day. */
  dayNamed(key: string, daysAfter?: number): number | null
  /** What the clocks there show, to the second, as if it were UTC. */
  wall(at: number): number
  /** A length in words: `2分钟7秒`, `2 min 7 s`; below ten seconds with a tenth. */
  words(ms: number): string
  percent(share: number): string
  number(n: number): string
  /** Room on a disk in the unit that fits, to three digits: `953 MB`, `1.99 GB`. A GB is 1,000 MB, as on disks. */
  bytes(n: number): string
}

const cache = new Map<string, Formats>()

/** The formats of one language and time zone; an unknown zone falls back to this machine's. */
export function formats(locale: string, zone: string): Formats {
  const key = `${locale} ${zone}`
  const known = cache.get(key)
  if (known) return known
  const made = make(locale, zone)
  cache.set(key, made)
  return made
}

function make(locale: string, wanted: string): Formats {
  let zone = wanted
  try {
    new Intl.DateTimeFormat(locale, { timeZone: zone })
  } catch {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  }
  const date = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options })
    return (at: number) => format.format(at)
  }
  const unit = (name: string, digits = 0) => {
    const format = new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    })
    return (n: number) => format.format(n)
  }
  const room = (size: number, name: string) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumSignificantDigits: 3,
    }).format(size)
  const hms = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  const [hour, minute, second, tenth] = [unit('hour'), unit('minute'), unit('second'), unit('second', 1)]
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const number = new Intl.NumberFormat(locale)
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const wall = (at: number) => {
    const of = Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]))
    return Date.UTC(
      Number(of['year']),
      Number(of['month']) - 1,
      Number(of['day']),
      Number(of['hour']),
      Number(of['minute']),
      Number(of['second']),
    )
  }
  /** The instant at which clocks there show `shown`; the zone's offset then may differ from the one near it: ask twice. */
  const whenShown = (shown: number) => {
    const guess = shown - (wall(shown) - shown)
    return guess - (wall(guess) - shown)
  }
  const minutes = date({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
  const dayKey = (at: number) => new Date(wall(at)).toISOString().slice(0, 10)
  const shortTime = date({ hour: '2-digit', minute: '2-digit' })
  const gap = locale.startsWith('zh') ? '' : ' '

  return {
    locale,
    zone,
    time: date(hms),
    shortTime,
    timeOrDay: (at, now) => (dayKey(at) === dayKey(now) ? shortTime(at) : minutes(at)),
    day: date({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }),
    instant: date({ month: 'short', day: 'numeric', ...hms }),
    deadline: (at) => minutes(at - 1),
    dayKey,
    dayStart: (at, daysBefore = 0) => whenShown(Math.floor(wall(at) / DAY) * DAY - daysBefore * DAY),
    dayNamed(key, daysAfter = 0) {
      const midnight = /^\d{4}-\d\d-\d\d$/.test(key) ? Date.parse(key) : NaN
      return Number.isNaN(midnight) ? null : whenShown(midnight + daysAfter * DAY)
    },
    wall,
    words(ms) {
      const length = Math.max(0, ms)
      if (length < 10 * SECOND) return tenth(Math.round(length / 100) / 10)
      const all = Math.round(length / SECOND)
      const pieces: string[] = []
      if (all >= 3600) pieces.push(hour(Math.floor(all / 3600)))
      if (all >= 60 && (all % 3600 >= 60 || all < 3600)) pieces.push(minute(Math.floor((all % 3600) / 60)))
      if (all % 60 && all < 3600) pieces.push(second(all % 60))
      return pieces.join(gap)
    },
    percent: (share) => percent.format(share),
    number: (n) => number.format(n),
    bytes(n) {
      let size = n / 1_000
      for (const name of ['kilobyte', 'megabyte', 'gigabyte']) {
        if (size < 999.5) return room(size, name) // 999.5 would be told as 1,000
        size /= 1_000
      }
      return room(size, 'terabyte')
    },
  }
}
