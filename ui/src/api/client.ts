/** The one door to the centre's HTTP interface: paths, the CSRF token, and errors as values with a code. */

import type {
  AgentView,
  CallPage,
  CallSearch,
  CallWithFacts,
  Centre,
  ChosenState,
  Enrolment,
  Exported,
  Me,
  QueueView,
  Simulation,
  Waveform,
} from './types'

const BASE = '/api/v1'

/** What the centre refused, or `unreachable` (status 0) when it gave no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number | null = null,
    /** What stands beside code and message, where the centre tells more. */
    readonly detail: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

let csrf = ''
let onSignedOut: () => void = () => undefined

/** Called when a request finds that the session is over. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act
}

/** Bring search terms into a query string; empty ones are left out. */
export function queryOf(terms: object): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(terms) as [string, unknown][])
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text ? `?${text}` : ''
}

async function refusal(response: Response): Promise<ApiError> {
  let code = 'unknown'
  let message = response.statusText
  let detail: Record<string, unknown> = {}
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } }
    detail = { ...body.error }
    code = body.error?.code ?? code
    message = body.error?.message ?? message
  } catch {
    // a proxy in between answers in HTML: the status has to do
  }
  const after = Number(response.headers.get('Retry-After') ?? NaN)
  return new ApiError(response.status, code, message, Number.isFinite(after) ? after : null, detail)
}

export interface Sending {
  body?: unknown
  /** Sent as it is, in place of a body. */
  sound?: Blob
  signal?: AbortSignal
  quiet401?: boolean
  keepalive?: boolean
}

/** The centre's answer as it came; a refusal is thrown. */
export async function exchange(method: string, path: string, options: Sending = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.sound) headers['Content-Type'] = 'audio/wav'
  let response: Response
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.sound ? { body: options.sound } : {}),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'unreachable', 'The centre does not answer.')
  }
  if (!response.ok) {
    if (response.status === 401 && !options.quiet401) onSignedOut()
    throw await refusal(response)
  }
  return response
}

export async function request<T>(method: string, path: string, options: Sending = {}): Promise<T> {
  const response = await exchange(method, path, options)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

function keepToken(me: Me): Me {
  csrf = me.csrf
  return me
}

const id = encodeURIComponent

export const api = {
  signIn: async (user: string, password: string, code?: string): Promise<Me> =>
    keepToken(
      await request<Me>('POST', '/session', {
        body: { user, password, ...(code ? { code } : {}) },
        quiet401: true,
      }),
    ),
  me: async (): Promise<Me> => keepToken(await request<Me>('GET', '/session', { quiet401: true })),
  signOut: async (): Promise<void> => {
    await request<undefined>('DELETE', '/session', { quiet401: true })
    csrf = ''
  },
  changePassword: (old: string, chosen: string) =>
    request<undefined>('PUT', '/session/password', { body: { old, new: chosen }, quiet401: true }),
  beginCode: () => request<Enrolment>('POST', '/session/totp'),
  confirmCode: async (code: string) =>
    (
      await request<{ recovery: string[] }>('POST', '/session/totp/confirm', {
        body: { code },
        quiet401: true,
      })
    ).recovery,
  centre: () => request<Centre>('GET', '/centre', { quiet401: true }),
  queues: async () => (await request<{ queues: QueueView[] }>('GET', '/queues')).queues,
  agents: async () => (await request<{ agents: AgentView[] }>('GET', '/agents')).agents,
  setState: (agent: string, state: ChosenState, reason = '') =>
    request<AgentView>('POST', `/agents/${id(agent)}/state`, { body: { state, reason } }),
  calls: (search: CallSearch, signal?: AbortSignal) =>
    request<CallPage>('GET', `/calls${queryOf(search)}`, signal ? { signal } : {}),
  call: (call: string, signal?: AbortSignal) =>
    request<CallWithFacts>('GET', `/calls/${id(call)}`, signal ? { signal } : {}),
  waveform: (call: string, points: number, signal?: AbortSignal) =>
    request<Waveform>('GET', `/calls/${id(call)}/waveform${queryOf({ points })}`, signal ? { signal } : {}),
  commentAddress: (call: string) => `${BASE}/calls/${id(call)}/comment`,
  voicemailAddress: (voicemail: string) => `${BASE}/voicemails/${id(voicemail)}/recording`,
  recordingAddress: (call: string) => `${BASE}/calls/${id(call)}/recording`,
  /** The audit keeps that a file was made of a list. */
  exported: (what: Exported, asked: Record<string, string>, rows: number, signal: AbortSignal) =>
    request<unknown>('POST', '/exports', { body: { what, asked, rows }, signal }),
  simulation: () => request<Simulation>('GET', '/simulation'),
  simulate: (on: boolean) => request<Simulation>('POST', '/simulation', { body: { on } }),
}
