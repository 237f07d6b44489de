import { describe, expect, test } from 'vitest'

import { browserName, isElsewhere, renewIn, type Account } from './account'
import { forgetDialog, GRACE_MS, keepDialog, keptDialog, replacesHeader, type KeptDialog } from './dialogs'
import { keyOf } from './keys'
import { levelOf } from './levels'
import { troubleOf } from './microphone'
import { judge, sampleOf, type Sample } from './quality'
import { tonesOf } from './sound'

describe('the quality of the line', () => {
  const at = (ms: number, more: Partial<Sample> = {}): Sample => ({
    at: ms,
    received: ms / 20,
    lost: 0,
    jitter: 4,
    round_trip: 20,
    lost_there: 0,
    ...more,
  })

  test('is good while little is lost, late or uneven', () => {
    expect(judge(at(0), at(3000))).toMatchObject({ light: 'good', cause: null })
  })

  test.each([
    ['fair', 'loss', { lost: 5 }],
    ['poor', 'loss', { lost: 20 }],
    ['fair', 'loss', { lost_there: 0.03 }],
    ['fair', 'jitter', { jitter: 40 }],
    ['poor', 'jitter', { jitter: 90 }],
    ['fair', 'delay', { round_trip: 400 }],
    ['poor', 'delay', { round_trip: 900 }],
    ['poor', 'delay', { round_trip: 900, jitter: 40 }],
    ['poor', 'silence', { received: 0 }],
  ])('is %s for %s', (light, cause, figures) => {
    expect(judge(at(0), at(3000, figures))).toMatchObject({ light, cause })
  })

  test('is judged by what came since the last look, not since the call began', () => {
    const before = at(60_000, { lost: 900 })
    expect(judge(before, { ...at(63_000), lost: 900 }).light).toBe('good')
  })

  test('comes out of a browser that gives only half of the figures', () => {
    const sample = sampleOf(
      [
        { type: 'inbound-rtp', kind: 'audio', packetsReceived: 150, packetsLost: -1, jitter: 0.004 },
        { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.03 },
        { type: 'candidate-pair', nominated: false, currentRoundTripTime: 3 },
        { type: 'codec' },
      ],
      7,
    )
    expect(sample).toEqual({
      at: 7,
      received: 150,
      lost: 0,
      jitter: 4,
      round_trip: 30,
      lost_there: null,
    })
  })
})

describe('a call kept for the reload', () => {
  const KEPT: KeptDialog = {
    call_id: 'x@y',
    local_tag: 'ours',
    remote_tag: 'theirs',
    call: 'c1',
    number: '13800138000',
    name: '',
    since: 5,
    muted: false,
    seen: 1000,
  }
  const store = () => {
    const held = new Map<string, string>()
    return {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
      removeItem: (key: string) => void held.delete(key),
    }
  }

  test('is found again within the grace, and not after it', () => {
    const tab = store()
    keepDialog(tab, KEPT)
    expect(keptDialog(tab, 1000 + GRACE_MS)).toEqual(KEPT)
    expect(keptDialog(tab, 1001 + GRACE_MS)).toBeNull()
    forgetDialog(tab)
    expect(keptDialog(tab, 1000)).toBeNull()
  })

  test.each(['', 'null', '{', '[]', '{"call_id":"x"}', JSON.stringify({ ...KEPT, seen: 'now' })])(
    'is nothing when %j stands there',
    (text) => {
      const tab = store()
      tab.setItem('huawu.phone.dialog', text)
      expect(keptDialog(tab, 1000)).toBeNull()
    },
  )

  test('names the tags from the side of the switch (RFC 3891)', () => {
    expect(replacesHeader(KEPT)).toBe('Replaces: x@y;to-tag=theirs;from-tag=ours')
  })
})

describe('the secret', () => {
  test('is renewed two minutes before its end, or at half of a short life', () => {
    expect(renewIn(3_600_000, 0)).toBe(3_480_000)
    expect(renewIn(100_000, 0)).toBe(50_000)
    expect(renewIn(0, 99)).toBeGreaterThan(0)
  })

  test('a later loan is another page, an older word of one is not', () => {
    const loan = (lent_ms: number) => ({ lent_ms, since_ms: 1, address: '', browser: '' })
    const ours = { lent_ms: 20 } as Account
    expect(isElsewhere(loan(21), ours)).toBe(true)
    expect(isElsewhere(loan(20), ours)).toBe(false)
    expect(isElsewhere(loan(19), ours)).toBe(false)
    expect(isElsewhere(loan(0), ours)).toBe(false)
    expect(isElsewhere(null, ours)).toBe(false)
    expect(isElsewhere(loan(21), null)).toBe(false)
  })
})

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
    'Chrome, Windows',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0',
    'Edge, Windows',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox, Linux'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17.5 Safari/605.1', 'Safari, macOS'],
  ['curl/8.0', 'curl/8.0'],
])('%s is %s', (agent, name) => {
  expect(browserName(agent)).toBe(name)
})

test.each([
  ['NotAllowedError', 'refused'],
  ['SecurityError', 'refused'],
  ['NotFoundError', 'missing'],
  ['NotReadableError', 'busy'],
  ['OddError', 'missing'],
])('a microphone that answers %s is %s', (name, why) => {
  expect(troubleOf(new DOMException('', name))).toBe(why)
})

test('keys act alone: not held down, not with another', () => {
  const plain = { repeat: false, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false }
  expect(keyOf({ ...plain, key: 'F2' })).toBe('answer')
  expect(keyOf({ ...plain, key: 'F9' })).toBe('end')
  expect(keyOf({ ...plain, key: 'F4', altKey: true })).toBeNull()
  expect(keyOf({ ...plain, key: 'F8', repeat: true })).toBeNull()
  expect(keyOf({ ...plain, key: 'a' })).toBeNull()
})

test('the pad sounds as telephones do', () => {
  expect(tonesOf('1')).toEqual([697, 1209])
  expect(tonesOf('0')).toEqual([941, 1336])
  expect(tonesOf('#')).toEqual([941, 1477])
  expect(tonesOf('x')).toBeNull()
})

test('a meter stands at its ends for silence and for full voice', () => {
  expect(levelOf(new Float32Array(480))).toBe(0)
  expect(levelOf(new Float32Array(480).fill(0.9))).toBe(1)
  expect(levelOf(new Float32Array(480).fill(0.02))).toBeGreaterThan(0.4)
})
