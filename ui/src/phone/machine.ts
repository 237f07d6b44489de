/**
 * The phone as a value: events in, commands out. No socket, no microphone, no sound, no clock of its own.
 *
 * Two tables say it all: one for the registration, one for each line (a call as the phone sees it). What is not
 * listed changes nothing: over a network, words about something that is over already are ordinary.
 */

export type Registration =
  /** Not wanted: signed out, or the agent uses the phone on the desk. */
  | 'off'
  /** On the way to the switch. */
  | 'connecting'
  | 'registered'
  /** No network or no answer; tried again by itself. */
  | 'lost'
  /** The centre or the switch will not have it; the reason says why. */
  | 'refused'
  /** The same person opened the phone in another place. */
  | 'elsewhere'

export type RegistrationEvent = 'wanted' | 'unwanted' | 'registered' | 'lost' | 'refused' | 'taken_over'

const REGISTRATIONS: Record<Registration, Partial<Record<RegistrationEvent, Registration>>> = {
  off: { wanted: 'connecting' },
  connecting: {
    unwanted: 'off',
    registered: 'registered',
    lost: 'lost',
    refused: 'refused',
    taken_over: 'elsewhere',
  },
  registered: { unwanted: 'off', lost: 'lost', refused: 'refused', taken_over: 'elsewhere' },
  lost: { unwanted: 'off', registered: 'registered', refused: 'refused', taken_over: 'elsewhere' },
  refused: { wanted: 'connecting', unwanted: 'off', registered: 'registered' },
  elsewhere: { wanted: 'connecting', unwanted: 'off' },
}

export type LineState =
  /** Somebody calls; waits for a key. */
  | 'ringing'
  /** Picked up; microphone and media are on their way. */
  | 'answering'
  /** We call; the other end has not picked up. */
  | 'calling'
  | 'talking'
  /** The network went away in mid-call: the switch keeps the call, music plays to the caller. */
  | 'lost'
  /** Back in the call, through INVITE with Replaces. */
  | 'reattaching'
  | 'ending'

export type LineEvent =
  'answer' | 'no_microphone' | 'accepted' | 'path_lost' | 'path_back' | 'reattach' | 'end' | 'over'

type Next = LineState | 'over'

const LINES: Record<LineState, Partial<Record<LineEvent, Next>>> = {
  ringing: { answer: 'answering', end: 'ending', over: 'over' },
  answering: { no_microphone: 'ringing', accepted: 'talking', end: 'ending', over: 'over' },
  calling: { no_microphone: 'over', accepted: 'talking', end: 'ending', over: 'over' },
  talking: { path_lost: 'lost', reattach: 'reattaching', end: 'ending', over: 'over' },
  lost: { path_back: 'talking', reattach: 'reattaching', end: 'ending', over: 'over' },
  reattaching: { no_microphone: 'over', accepted: 'talking', end: 'ending', over: 'over' },
  ending: { over: 'over' },
}

/** Why the microphone cannot be used; `open` = it can, `unknown` = not asked yet. */
export type Microphone = 'unknown' | 'open' | 'refused' | 'missing' | 'busy' | 'insecure'

/** What a call is to the agent. */
export type Purpose = 'call' | 'test'

export interface Line {
  readonly id: string
  readonly state: LineState
  readonly direction: 'in' | 'out'
  readonly purpose: Purpose
  /** The other end as the switch named it; the page shows the centre's own words where it has them. */
  readonly number: string
  readonly name: string
  /** The centre's id of the call, when the switch told it. */
  readonly call: string
  readonly since: number
  readonly held: boolean
  readonly muted: boolean
}

export interface Phone {
  readonly registration: Registration
  /** Why it was refused; empty otherwise. */
  readonly reason: string
  readonly microphone: Microphone
  /** In the order they came. */
  readonly lines: readonly Line[]
  /** Why the last call from here came to nothing: a cause word of SIP or ours; empty after the next try. */
  readonly trouble: string
}

export const QUIET: Phone = { registration: 'off', reason: '', microphone: 'unknown', lines: [], trouble: '' }

export type NewLine = Pick<Line, 'id' | 'number' | 'name' | 'call'>

export type PhoneEvent =
  | { kind: 'registration'; what: RegistrationEvent; reason?: string }
  | { kind: 'microphone'; is: Microphone }
  | { kind: 'invited'; line: NewLine; at: number }
  | { kind: 'dial'; line: NewLine; purpose: Purpose; at: number }
  /** After a reload: a call of this page's former life that the switch keeps. */
  | { kind: 'found'; line: NewLine; at: number; since: number; muted: boolean }
  | { kind: 'line'; id: string; what: LineEvent; at: number; reason?: string }
  | { kind: 'held'; id: string; held: boolean }
  | { kind: 'press'; key: PhoneKey; line?: string; at: number }
  | { kind: 'digits'; digits: string }

export const PHONE_KEYS = ['answer', 'hold', 'mute', 'end'] as const
export type PhoneKey = (typeof PHONE_KEYS)[number]

export type PhoneCommand =
  | { do: 'register' }
  | { do: 'unregister' }
  | { do: 'answer'; line: string }
  | { do: 'dial'; line: string; number: string; purpose: Purpose }
  | { do: 'reattach'; line: string }
  /** Refuse, give up or hang up, as far as the line has come. */
  | { do: 'end'; line: string }
  | { do: 'hold'; line: string; on: boolean }
  | { do: 'mute'; line: string; on: boolean }
  | { do: 'send_digits'; line: string; digits: string }
  | { do: 'forget'; line: string }

export interface Step {
  phone: Phone
  commands: PhoneCommand[]
}

const LIVE: ReadonlySet<LineState> = new Set(['talking', 'lost', 'reattaching'])

/** The line in which one talks now: the one not held, or else the only one. */
export function activeLine(phone: Phone): Line | undefined {
  const live = phone.lines.filter((line) => LIVE.has(line.state))
  return live.find((line) => !line.held) ?? live[0]
}

export function ringingLines(phone: Phone): readonly Line[] {
  return phone.lines.filter((line) => line.state === 'ringing')
}

/** How it sounds: aloud, or softly while one talks already. */
export function ringOf(phone: Phone): 'loud' | 'soft' | 'none' {
  if (!ringingLines(phone).length) return 'none'
  return phone.lines.some((line) => line.state !== 'ringing') ? 'soft' : 'loud'
}

/** Which line a key means, so that buttons can be drawn from the same rule that acts. */
export function lineOf(phone: Phone, key: PhoneKey): Line | undefined {
  const active = activeLine(phone)
  switch (key) {
    case 'answer':
      return ringingLines(phone)[0]
    case 'hold':
    case 'mute':
      return active?.state === 'talking' ? active : undefined
    case 'end':
      return (
        active ??
        phone.lines.find((line) => line.state === 'calling' || line.state === 'answering') ??
        ringingLines(phone)[0]
      )
  }
}

export function step(phone: Phone, event: PhoneEvent): Step {
  switch (event.kind) {
    case 'registration':
      return registered(phone, event.what, event.reason ?? '')
    case 'microphone':
      return only({ ...phone, microphone: event.is })
    case 'invited':
      return only(put(phone, newLine(event.line, { state: 'ringing', since: event.at })))
    case 'dial':
      return dialled(phone, event)
    case 'found': {
      const line = newLine(event.line, { state: 'reattaching', since: event.since, muted: event.muted })
      return { phone: put(phone, line), commands: [{ do: 'reattach', line: line.id }] }
    }
    case 'line':
      return moved(phone, event.id, event.what, event.at, event.reason ?? '')
    case 'held':
      return only(change(phone, event.id, { held: event.held }))
    case 'press':
      return pressed(phone, event.key, event.line, event.at)
    case 'digits': {
      const active = activeLine(phone)
      if (active?.state !== 'talking') return only(phone)
      return { phone, commands: [{ do: 'send_digits', line: active.id, digits: event.digits }] }
    }
  }
}

function only(phone: Phone): Step {
  return { phone, commands: [] }
}

function registered(phone: Phone, what: RegistrationEvent, reason: string): Step {
  const next = REGISTRATIONS[phone.registration][what]
  if (!next) return only(phone)
  const after: Phone = { ...phone, registration: next, reason: next === 'refused' ? reason : '' }
  if (next === 'connecting') return { phone: after, commands: [{ do: 'register' }] }
  if (next === 'off') return { phone: after, commands: [...endAll(phone), { do: 'unregister' }] }
  // whoever took the phone over has its calls too: nothing is hung up here
  if (next === 'elsewhere')
    return { phone: { ...after, lines: [] }, commands: [...forgetAll(phone), { do: 'unregister' }] }
  return only(after)
}

function endAll(phone: Phone): PhoneCommand[] {
  return phone.lines.map((line): PhoneCommand => ({ do: 'end', line: line.id }))
}

function forgetAll(phone: Phone): PhoneCommand[] {
  return phone.lines.map((line): PhoneCommand => ({ do: 'forget', line: line.id }))
}

function dialled(phone: Phone, event: Extract<PhoneEvent, { kind: 'dial' }>): Step {
  if (phone.registration !== 'registered') return only(phone)
  // one conversation at a time is begun from here; a second one is the centre's consult
  if (phone.lines.length) return only(phone)
  const line = newLine(event.line, {
    state: 'calling',
    since: event.at,
    direction: 'out',
    purpose: event.purpose,
  })
  return {
    phone: { ...put(phone, line), trouble: '' },
    commands: [{ do: 'dial', line: line.id, number: line.number, purpose: event.purpose }],
  }
}

function moved(phone: Phone, id: string, what: LineEvent, at: number, reason: string): Step {
  const line = phone.lines.find((one) => one.id === id)
  const next = line && LINES[line.state][what]
  if (!line || !next) return only(phone)
  if (next === 'over') {
    const after = { ...phone, lines: phone.lines.filter((one) => one.id !== id) }
    const failed = line.state === 'calling' || line.state === 'reattaching'
    const trouble =
      what === 'no_microphone' ? 'microphone' : line.state === 'reattaching' ? 'lost_call' : reason
    return {
      phone: failed && trouble ? { ...after, trouble } : after,
      commands: [{ do: 'forget', line: id }],
    }
  }
  // the clock of a conversation starts when it does, and does not start again after a gap
  const since =
    next === 'talking' && (line.state === 'answering' || line.state === 'calling') ? at : line.since
  const after = change(phone, id, { state: next, since })
  if (next === 'reattaching') return { phone: after, commands: [{ do: 'reattach', line: id }] }
  // a leg made anew starts with an open microphone: be as muted as before
  if (next === 'talking' && line.state === 'reattaching' && line.muted)
    return { phone: after, commands: [{ do: 'mute', line: id, on: true }] }
  return only(after)
}

function pressed(phone: Phone, key: PhoneKey, id: string | undefined, at: number): Step {
  const line = id === undefined ? lineOf(phone, key) : phone.lines.find((one) => one.id === id)
  if (!line) return only(phone)
  switch (key) {
    case 'answer':
      return answered(phone, line, at)
    case 'end': {
      const after = moved(phone, line.id, 'end', at, '')
      return after.phone === phone
        ? after
        : { ...after, commands: [...after.commands, { do: 'end', line: line.id }] }
    }
    case 'hold':
      if (line.state !== 'talking') return only(phone)
      return line.held ? taken(phone, line) : { phone, commands: [{ do: 'hold', line: line.id, on: true }] }
    case 'mute': {
      if (line.state !== 'talking') return only(phone)
      const on = !line.muted
      return {
        phone: change(phone, line.id, { muted: on }),
        commands: [{ do: 'mute', line: line.id, on }],
      }
    }
  }
}

/** Whoever talks elsewhere is put on hold first: no two callers ever hear each other. */
function holdOthers(phone: Phone, id: string): PhoneCommand[] {
  return phone.lines
    .filter((one) => one.id !== id && one.state === 'talking' && !one.held)
    .map((one): PhoneCommand => ({ do: 'hold', line: one.id, on: true }))
}

function answered(phone: Phone, line: Line, at: number): Step {
  const after = moved(phone, line.id, 'answer', at, '')
  if (after.phone === phone) return after
  return {
    phone: after.phone,
    commands: [...holdOthers(phone, line.id), { do: 'answer', line: line.id }],
  }
}

function taken(phone: Phone, line: Line): Step {
  return { phone, commands: [...holdOthers(phone, line.id), { do: 'hold', line: line.id, on: false }] }
}

function newLine(from: NewLine, rest: Partial<Line> & Pick<Line, 'state' | 'since'>): Line {
  return { direction: 'in', purpose: 'call', held: false, muted: false, ...from, ...rest }
}

function put(phone: Phone, line: Line): Phone {
  return { ...phone, lines: [...phone.lines.filter((one) => one.id !== line.id), line] }
}

function change(phone: Phone, id: string, to: Partial<Line>): Phone {
  return { ...phone, lines: phone.lines.map((line) => (line.id === id ? { ...line, ...to } : line)) }
}
