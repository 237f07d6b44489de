import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  activeLine,
  lineOf,
  PHONE_KEYS,
  QUIET,
  ringOf,
  step,
  type Phone,
  type PhoneCommand,
  type PhoneEvent,
} from './machine'

const caller = (id: string) => ({ id, number: '13800138000', name: '', call: `call-${id}` })
const rings = (id: string, at = 0): PhoneEvent => ({ kind: 'invited', line: caller(id), at })
const line = (id: string, what: Extract<PhoneEvent, { kind: 'line' }>['what'], at = 0): PhoneEvent => ({
  kind: 'line',
  id,
  what,
  at,
})
const press = (key: (typeof PHONE_KEYS)[number], at = 0): PhoneEvent => ({ kind: 'press', key, at })
const is = (what: Extract<PhoneEvent, { kind: 'registration' }>['what']): PhoneEvent => ({
  kind: 'registration',
  what,
})

/** The phone after those events, and what it commanded at the last of them. */
function play(...events: PhoneEvent[]): { phone: Phone; commands: PhoneCommand[] } {
  let state: { phone: Phone; commands: PhoneCommand[] } = { phone: QUIET, commands: [] }
  for (const event of events) state = step(state.phone, event)
  return state
}

const READY = [is('wanted'), is('registered')]
const TALKING = [...READY, rings('a'), press('answer'), line('a', 'accepted', 100)]

describe('registration', () => {
  test('wanted, it asks for a secret and registers', () => {
    expect(play(is('wanted'))).toMatchObject({
      phone: { registration: 'connecting' },
      commands: [{ do: 'register' }],
    })
  })

  test('a lost network is waited for, and the call stands meanwhile', () => {
    const { phone } = play(...TALKING, is('lost'))
    expect(phone).toMatchObject({ registration: 'lost', lines: [{ state: 'talking' }] })
    expect(step(phone, is('registered')).phone.registration).toBe('registered')
  })

  test('taken over elsewhere, the calls are let go without hanging up', () => {
    const { phone, commands } = play(...TALKING, is('taken_over'))
    expect(phone).toMatchObject({ registration: 'elsewhere', lines: [] })
    expect(commands).toEqual([{ do: 'forget', line: 'a' }, { do: 'unregister' }])
  })

  test('it does not take itself back while the other has it: only when wanted', () => {
    const { phone } = play(...READY, is('taken_over'), is('registered'), is('lost'))
    expect(phone.registration).toBe('elsewhere')
    expect(step(phone, is('wanted')).commands).toEqual([{ do: 'register' }])
  })

  test('no longer wanted, calls are ended first', () => {
    expect(play(...TALKING, is('unwanted')).commands).toEqual([
      { do: 'end', line: 'a' },
      { do: 'unregister' },
    ])
  })
})

describe('one call', () => {
  test('rings aloud, is answered, and its clock starts with the conversation', () => {
    const ringing = play(...READY, rings('a', 10))
    expect(ringOf(ringing.phone)).toBe('loud')
    const answering = step(ringing.phone, press('answer', 20))
    expect(answering.commands).toEqual([{ do: 'answer', line: 'a' }])
    expect(ringOf(answering.phone)).toBe('none')
    const talking = step(answering.phone, line('a', 'accepted', 30))
    expect(activeLine(talking.phone)).toMatchObject({ state: 'talking', since: 30 })
  })

  test('without a microphone it goes on ringing, and can be answered once there is one', () => {
    const refused = play(
      ...READY,
      rings('a'),
      press('answer'),
      { kind: 'microphone', is: 'refused' },
      line('a', 'no_microphone'),
    )
    expect(refused.phone).toMatchObject({ microphone: 'refused', lines: [{ state: 'ringing' }] })
    expect(step(refused.phone, press('answer')).commands).toEqual([{ do: 'answer', line: 'a' }])
  })

  test('answering twice answers once', () => {
    expect(play(...READY, rings('a'), press('answer'), press('answer')).commands).toEqual([])
  })

  test('hold is asked for, and holds when the switch says so', () => {
    const asked = play(...TALKING, press('hold'))
    expect(asked.commands).toEqual([{ do: 'hold', line: 'a', on: true }])
    expect(activeLine(asked.phone)?.held).toBe(false)
    const held = step(asked.phone, { kind: 'held', id: 'a', held: true })
    expect(activeLine(held.phone)?.held).toBe(true)
    expect(step(held.phone, press('hold')).commands).toEqual([{ do: 'hold', line: 'a', on: false }])
  })

  test('mute is at once, and again opens', () => {
    const muted = play(...TALKING, press('mute'))
    expect(muted.commands).toEqual([{ do: 'mute', line: 'a', on: true }])
    expect(step(muted.phone, press('mute')).commands).toEqual([{ do: 'mute', line: 'a', on: false }])
  })

  test('keys of the pad go to the conversation, and nowhere while there is none', () => {
    expect(play(...TALKING, { kind: 'digits', digits: '12#' }).commands).toEqual([
      { do: 'send_digits', line: 'a', digits: '12#' },
    ])
    expect(play(...READY, { kind: 'digits', digits: '1' }).commands).toEqual([])
  })

  test('end refuses what rings, gives up what is dialled, hangs up what talks', () => {
    expect(play(...READY, rings('a'), press('end')).commands).toEqual([{ do: 'end', line: 'a' }])
    const dial: PhoneEvent = { kind: 'dial', line: caller('b'), purpose: 'call', at: 0 }
    expect(play(...READY, dial, press('end')).commands).toEqual([{ do: 'end', line: 'b' }])
    expect(play(...TALKING, press('end')).commands).toEqual([{ do: 'end', line: 'a' }])
    expect(play(...TALKING, press('end'), press('end')).commands).toEqual([])
  })
})

describe('a lost network', () => {
  test('the line waits, comes back, and its clock went on', () => {
    const lost = play(...TALKING, line('a', 'path_lost', 200))
    expect(lost.phone.lines).toMatchObject([{ state: 'lost', since: 100 }])
    expect(step(lost.phone, line('a', 'path_back', 300)).phone.lines).toMatchObject([
      { state: 'talking', since: 100 },
    ])
  })

  test('a path that failed for good is taken up by a new leg, as muted as before', () => {
    const again = play(...TALKING, press('mute'), line('a', 'path_lost'), line('a', 'reattach'))
    expect(again.commands).toEqual([{ do: 'reattach', line: 'a' }])
    expect(step(again.phone, line('a', 'accepted')).commands).toEqual([{ do: 'mute', line: 'a', on: true }])
  })

  test('after a reload the call is taken up where it was', () => {
    const found: PhoneEvent = { kind: 'found', line: caller('a'), at: 900, since: 100, muted: false }
    const { phone, commands } = play(...READY, found)
    expect(commands).toEqual([{ do: 'reattach', line: 'a' }])
    expect(step(phone, line('a', 'accepted', 950)).phone.lines).toMatchObject([
      { state: 'talking', since: 100 },
    ])
  })

  test('one can hang up while it is away', () => {
    expect(play(...TALKING, line('a', 'path_lost'), press('end')).commands).toEqual([
      { do: 'end', line: 'a' },
    ])
  })
})

describe('two calls', () => {
  test('the second rings softly, and answering it holds the first', () => {
    const both = play(...TALKING, rings('b'))
    expect(ringOf(both.phone)).toBe('soft')
    expect(step(both.phone, press('answer')).commands).toEqual([
      { do: 'hold', line: 'a', on: true },
      { do: 'answer', line: 'b' },
    ])
  })

  test('of two that ring the first is meant, unless one is named', () => {
    const both = play(...READY, rings('a'), rings('b'))
    expect(lineOf(both.phone, 'answer')?.id).toBe('a')
    expect(step(both.phone, { kind: 'press', key: 'answer', line: 'b', at: 0 }).commands).toEqual([
      { do: 'answer', line: 'b' },
    ])
  })

  test('going back to the held one holds the other first', () => {
    const swapped = play(
      ...TALKING,
      rings('b'),
      press('answer'),
      { kind: 'held', id: 'a', held: true },
      line('b', 'accepted'),
    )
    expect(activeLine(swapped.phone)?.id).toBe('b')
    expect(step(swapped.phone, { kind: 'press', key: 'hold', line: 'a', at: 0 }).commands).toEqual([
      { do: 'hold', line: 'b', on: true },
      { do: 'hold', line: 'a', on: false },
    ])
  })

  test('nothing is dialled while a call is on', () => {
    expect(play(...TALKING, { kind: 'dial', line: caller('z'), purpose: 'test', at: 0 }).commands).toEqual([])
  })
})

const ids = fc.constantFrom('a', 'b', 'c')
const events: fc.Arbitrary<PhoneEvent> = fc.oneof(
  fc
    .constantFrom('wanted', 'unwanted', 'registered', 'lost', 'refused', 'taken_over')
    .map((what) => is(what as 'wanted')),
  ids.map((id) => rings(id)),
  fc
    .tuple(
      ids,
      fc.constantFrom('no_microphone', 'accepted', 'path_lost', 'path_back', 'reattach', 'over' as const),
    )
    .map(([id, what]) => line(id, what as 'over')),
  fc.tuple(ids, fc.boolean()).map(([id, held]): PhoneEvent => ({ kind: 'held', id, held })),
  fc.constantFrom(...PHONE_KEYS).map((key) => press(key)),
  ids.map((id): PhoneEvent => ({ kind: 'dial', line: caller(id), purpose: 'call', at: 0 })),
  fc.constant<PhoneEvent>({ kind: 'digits', digits: '1' }),
)

test('law: whatever comes, no line stands twice, and no command names a line that is not there', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), (story) => {
      let phone = QUIET
      for (const event of story) {
        const { phone: after, commands } = step(phone, event)
        const known = new Set([...phone.lines, ...after.lines].map((one) => one.id))
        for (const command of commands) if ('line' in command) expect(known).toContain(command.line)
        expect(new Set(after.lines.map((one) => one.id)).size).toBe(after.lines.length)
        phone = after
      }
    }),
  )
})

test('law: a line that is over is forgotten, and in no state does "over" leave it standing', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 40 }), ids, (story, id) => {
      const { phone } = play(...story)
      const { phone: after, commands } = step(phone, line(id, 'over'))
      expect(after.lines.some((one) => one.id === id)).toBe(false)
      if (phone.lines.some((one) => one.id === id)) expect(commands).toEqual([{ do: 'forget', line: id }])
    }),
  )
})
