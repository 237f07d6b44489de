import { afterEach, describe, expect, it, vi } from 'vitest'
import fc from 'fast-check'

import { askFor, refusal, Refused } from './admission'
import { troubleOf } from './line'
import { after, busy, IDLE, type Step } from './machine'
import { languageOf, wordsOf, type Trouble } from './words'

vi.mock('jssip', () => ({ UA: vi.fn(), WebSocketInterface: vi.fn() }))

const STEPS: Step[] = [
  { kind: 'press' },
  { kind: 'microphone' },
  { kind: 'admitted' },
  { kind: 'answered', at: 5 },
  { kind: 'muted', on: true },
  { kind: 'ended' },
  { kind: 'failed', trouble: 'busy', wait_s: 3 },
  { kind: 'closed' },
]
const walk = (...kinds: Step['kind'][]) =>
  kinds.map((kind) => STEPS.find((step) => step.kind === kind) as Step).reduce(after, IDLE)

describe('the button', () => {
  it('goes from the press to the conversation and back', () => {
    expect(walk('press', 'microphone', 'admitted', 'answered')).toMatchObject({ state: 'talking', since: 5 })
    expect(walk('press', 'microphone', 'admitted', 'answered', 'ended', 'closed')).toEqual(IDLE)
  })

  it('says what went wrong until it is pressed again', () => {
    expect(walk('press', 'microphone', 'failed')).toMatchObject({ state: 'over', trouble: 'busy', wait_s: 3 })
    expect(walk('press', 'failed', 'press')).toMatchObject({ state: 'microphone', trouble: '' })
  })

  it('is never muted outside of a conversation, and shows trouble only when it is over', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEPS)), (steps) => {
        const shown = steps.reduce(after, IDLE)
        expect(shown.muted && shown.state !== 'talking').toBe(false)
        expect(shown.trouble !== '' && shown.state !== 'over').toBe(false)
        expect(busy(shown)).toBe(shown.state !== 'idle' && shown.state !== 'over')
      }),
    )
  })

  it('says nothing twice: a late word of a call that is over changes nothing', () => {
    const over = walk('press', 'microphone', 'admitted', 'ended')
    expect(after(over, { kind: 'answered', at: 9 })).toBe(over)
  })
})

describe('its words', () => {
  it('are Chinese for those who prefer it, else English, unless the page decides', () => {
    expect(languageOf(undefined, ['zh-TW', 'en'])).toBe('zh')
    expect(languageOf(undefined, ['fr-FR', 'zh'])).toBe('en')
    expect(languageOf('en', ['zh-CN'])).toBe('en')
    expect(languageOf(undefined, [])).toBe('en')
  })

  it('are whole in both languages, and a wait is said in seconds or minutes', () => {
    const [zh, en] = [wordsOf('zh'), wordsOf('en')]
    expect(Object.keys(zh.trouble).sort()).toEqual(Object.keys(en.trouble).sort())
    expect(zh.wait(40)).toBe('请 40 秒后再试。')
    expect(en.wait(1_200)).toBe('Try again in 20 min.')
  })
})

describe('a pass', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is asked without cookies, and a refusal is told by its code', async () => {
    const asked = vi
      .fn()
      .mockResolvedValue(
        new Response('{"error": {"code": "too_many"}}', { status: 429, headers: { 'Retry-After': '40' } }),
      )
    vi.stubGlobal('fetch', asked)
    const refused = await askFor('4000', 'https://centre').catch((error: unknown) => error)
    expect(refused).toMatchObject({ trouble: 'too_many', wait_s: 40 })
    expect(asked).toHaveBeenCalledWith(
      'https://centre/api/v1/web-calls',
      expect.objectContaining({ method: 'POST', credentials: 'omit', body: '{"number":"4000"}' }),
    )
  })

  it.each<[string, boolean, Trouble]>([
    ['the centre answers, but not this page', true, 'not_allowed'],
    ['nobody answers', false, 'unreachable'],
  ])('%s', async (_, there, trouble) => {
    vi.stubGlobal(
      'fetch',
      vi.fn((_url: string, { mode }: RequestInit) =>
        mode === 'no-cors' && there ? Promise.resolve(new Response()) : Promise.reject(new TypeError()),
      ),
    )
    await expect(askFor('4000', 'https://centre')).rejects.toMatchObject({ trouble })
  })

  it('tells when the centre opens, and an answer that nobody foresaw is no crash', () => {
    expect(refusal(null, { error: { code: 'closed', opens_ms: 7 } })).toMatchObject({
      trouble: 'closed',
      opens_ms: 7,
    })
    expect(refusal('soon', null)).toMatchObject({ trouble: 'unreachable', wait_s: 0 })
    expect(refusal(null, 'x')).toBeInstanceOf(Refused)
  })

  it.each([
    [486, 'busy'],
    [403, 'not_allowed'],
    [404, 'number'],
    [undefined, 'unreachable'],
  ] as const)('a call refused with %s means %s', (status, trouble) => {
    expect(troubleOf(status)).toBe(trouble)
  })
})
