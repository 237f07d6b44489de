import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { api, ApiError, queryOf, whenSignedOut } from './client'

const asked: { url: string; init: RequestInit }[] = []
let answer: () => Response | Promise<Response>

beforeEach(() => {
  asked.length = 0
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init })
    return answer()
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers })
const header = (name: string) => (asked.at(-1)?.init.headers as Record<string, string>)[name]

test('each write carries the token that sign-in gave', async () => {
  answer = () => json({ user: 'u', name: 'n', role: 'leader', language: 'zh', csrf: 'abc' })
  await api.signIn('u', 'p')
  answer = () => json({ available: true, on: true, callers: 1, calls_per_minute: 2 })
  await api.simulate(true)
  expect(header('X-CSRF-Token')).toBe('abc')
  expect(asked.at(-1)?.init.body).toBe('{"on":true}')
})

test('a refusal tells its code, its words and when to come back', async () => {
  answer = () => json({ error: { code: 'locked', message: 'wait' } }, 429, { 'Retry-After': '30' })
  await expect(api.signIn('u', 'p')).rejects.toMatchObject({
    status: 429,
    code: 'locked',
    retryAfterSeconds: 30,
  })
})

test('a refusal in HTML is still a refusal', async () => {
  answer = () => new Response('<h1>Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway' })
  await expect(api.centre()).rejects.toMatchObject({ status: 502, message: 'Bad Gateway' })
})

test('no answer at all is told apart', async () => {
  answer = () => Promise.reject(new TypeError('network'))
  await expect(api.centre()).rejects.toEqual(new ApiError(0, 'unreachable', 'The centre does not answer.'))
})

test('a session that is over is announced, but not when signing in', async () => {
  let told = 0
  whenSignedOut(() => told++)
  answer = () => json({ error: { code: 'not_signed_in', message: '' } }, 401)
  await expect(api.me()).rejects.toBeInstanceOf(ApiError)
  expect(told).toBe(0)
  await expect(api.calls({})).rejects.toBeInstanceOf(ApiError)
  expect(told).toBe(1)
})

test('empty search terms are left out, others are escaped', () => {
  expect(queryOf({ query: '张 &', state: '', limit: 50, cursor: undefined })).toBe(
    '?query=%E5%BC%A0+%26&limit=50',
  )
  expect(api.recordingAddress('a/b')).toBe('/api/v1/calls/a%2Fb/recording')
})
