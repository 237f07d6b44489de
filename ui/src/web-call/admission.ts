/** The pass for one call, asked from the centre; and why there is none. */

import type { Trouble } from './words'

export interface Admission {
  uri: string
  target: string
  authorization_user: string
  password: string
  realm: string
  websocket: string
  ice: RTCIceServer[]
}

export class Refused extends Error {
  constructor(
    readonly trouble: Trouble,
    readonly wait_s = 0,
    readonly opens_ms = 0,
  ) {
    super(trouble)
  }
}

const TROUBLES: Record<string, Trouble> = {
  origin: 'not_allowed',
  number: 'number',
  closed: 'closed',
  busy: 'busy',
  too_many: 'too_many',
}

/** Asks for a pass. Raises `Refused`. */
export async function askFor(number: string, centre: string): Promise<Admission> {
  let answer: Response
  try {
    answer = await fetch(`${centre}/api/v1/web-calls`, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ number }),
    })
  } catch {
    throw new Refused(await whyUnread(centre))
  }
  if (answer.ok) return (await answer.json()) as Admission
  throw refusal(answer.headers.get('retry-after'), await answer.json().catch(() => null))
}

/** What a refusal says. */
export function refusal(retryAfter: string | null, body: unknown): Refused {
  const told = (body as { error?: { code?: string; opens_ms?: number } } | null)?.error ?? {}
  return new Refused(
    TROUBLES[told.code ?? ''] ?? 'unreachable',
    Number(retryAfter ?? 0) || 0,
    told.opens_ms ?? 0,
  )
}

/**
 * A page that may not call is not let read the answer, which looks to it as if there were none: ask for what
 * anybody may have. If that comes, the centre is there and does not want this page.
 */
async function whyUnread(centre: string): Promise<Trouble> {
  try {
    await fetch(`${centre}/call.js`, { mode: 'no-cors', credentials: 'omit', cache: 'no-store' })
    return 'not_allowed'
  } catch {
    return 'unreachable'
  }
}
