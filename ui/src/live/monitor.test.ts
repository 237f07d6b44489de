import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { HelpBoard, Monitor, MonitorChange } from '@/api/monitor-types'
import { applyToHelp, applyToMonitor } from './monitor'

const EMPTY: Monitor = { at_ms: 0, queues: [], seats: [], lost: [], warnings: [], calls: [], troubles: [] }
const NAMES = ['a', 'b', 'c']

/** One thing of a kind by its name; what else is in it does not matter here. */
const thing = (kind: string, name: string, n: number) =>
  ({
    [kind]: kind === 'lost' ? { call: name, waited_ms: n } : { id: name, since_ms: n },
  }) as unknown as MonitorChange

const change = fc
  .tuple(
    fc.constantFrom('queue', 'seat', 'lost', 'warning', 'call'),
    fc.constantFrom(...NAMES),
    fc.integer({ min: 0, max: 9 }),
    fc.boolean(),
  )
  .map(([kind, name, n, gone]) =>
    gone ? ({ [`${kind}_removed`]: name } as unknown as MonitorChange) : thing(kind, name, n),
  )

test('each thing stands once, as it was told last, and is gone when it was said to be', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const after = changes.reduce(applyToMonitor, EMPTY)
      const lists = {
        queue: after.queues,
        seat: after.seats,
        lost: after.lost,
        warning: after.warnings,
        call: after.calls,
      }
      for (const [kind, list] of Object.entries(lists))
        for (const name of NAMES) {
          const told = changes.filter((one) =>
            kind in one
              ? [
                  (Object.values(one)[0] as { id?: string }).id,
                  (Object.values(one)[0] as { call?: string }).call,
                ].includes(name)
              : (one as Record<string, unknown>)[`${kind}_removed`] === name,
          )
          const last = told.at(-1) as Record<string, unknown> | undefined
          const found = (list as { id?: string; call?: string }[]).filter(
            (one) => (one.id ?? one.call) === name,
          )
          expect(found).toEqual(last && kind in last ? [last[kind]] : [])
        }
    }),
  )
})

test('the snapshot before is left as it was, and an unknown change is passed over', () => {
  const before = applyToMonitor(EMPTY, thing('seat', 'a', 1))
  const kept = structuredClone(before)
  applyToMonitor(before, thing('seat', 'a', 2))
  expect(before).toEqual(kept)
  expect(applyToMonitor(before, { weather: 'rain' } as unknown as MonitorChange)).toBe(before)
})

test('requests and alarms come, change and go', () => {
  const request = { id: 'r1', state: 'open' } as HelpBoard['requests'][number]
  const alarm = { id: 'u1', kind: 'fire' } as HelpBoard['alarms'][number]
  let board: HelpBoard = { at_ms: 0, requests: [], alarms: [] }
  board = applyToHelp(board, { request })
  board = applyToHelp(board, { alarm })
  board = applyToHelp(board, { request: { ...request, state: 'taken' } })
  expect(board.requests.map((one) => one.state)).toEqual(['taken'])
  board = applyToHelp(board, { request_removed: 'r1' })
  board = applyToHelp(board, { alarm_removed: 'u1' })
  expect(board).toEqual({ at_ms: 0, requests: [], alarms: [] })
})
