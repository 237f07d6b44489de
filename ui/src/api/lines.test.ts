import { afterEach, expect, test, vi } from 'vitest'

import { ApiError } from './client'
import { linesOf } from './lines'

afterEach(() => vi.unstubAllGlobals())

function answers(...parts: string[]): void {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status: 200 })))
}

async function all(): Promise<unknown[]> {
  const found = []
  for await (const line of linesOf('POST', '/x', { body: {} })) found.push(line)
  return found
}

test('lines are told whole, wherever they were cut on their way', async () => {
  answers('{"n":1}\n{"n"', ':2}\n', '\n{"n":3}')
  expect(await all()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('a refusal comes before any line', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response('{"error":{"code":"invalid","message":"no"}}', { status: 422 })),
  )
  await expect(all()).rejects.toThrow(ApiError)
})
