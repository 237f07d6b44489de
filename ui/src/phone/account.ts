/** The short-lived secret that the page's session gives for its phone: asked for, and renewed before it ends. */

export interface PhoneNumbers {
  /** Says back what it hears; empty = the centre has none. */
  echo: string
  [feature: string]: string | string[]
}

export interface Account {
  uri: string
  user: string
  authorization_user: string
  password: string
  realm: string
  expires_ms: number
  /** This page's name among all that may have the phone. */
  loan: string
  /** When; of two loans the later one counts. */
  lent_ms: number
  websocket: string
  ice: RTCIceServer[]
  numbers: PhoneNumbers
}

/** Where else the phone is, for the question whether to take it. */
export interface Elsewhere {
  since_ms: number
  address: string
  browser: string
}

const AHEAD_MS = 120_000
const LEAST_MS = 5_000

/** When to renew, in ms from now: two minutes before the end, or at half of a life shorter than four. */
export function renewIn(expires_ms: number, now: number): number {
  const left = expires_ms - now
  return Math.max(LEAST_MS, left > 2 * AHEAD_MS ? left - AHEAD_MS : left / 2)
}

/** The last loan that the live desk told. */
export type Told = Elsewhere & { lent_ms: number }

/**
 * Is the phone at another page? What the centre tells may be older than what this page was given since, as after
 * a reload: only a later loan is another page's.
 */
export function isElsewhere(told: Told | null, ours: Account | null): boolean {
  return told !== null && ours !== null && told.lent_ms > ours.lent_ms
}

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bOPR\//, 'Opera'],
  [/Chrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** What a browser calls itself, as a person would: `Chrome, Windows`; one that is not known is cut short. */
export function browserName(agent: string): string {
  const of = (list: readonly [RegExp, string][]) => list.find(([mark]) => mark.test(agent))?.[1]
  return [of(BROWSERS), of(SYSTEMS)].filter(Boolean).join(', ') || agent.slice(0, 24)
}
