import { expect, test } from 'vitest'

import type { HelpBoard, Monitor } from '../src/api/monitor-types'
import { applyToHelp, applyToMonitor } from '../src/live/monitor'
import { MockCentre } from './centre.ts'
import { MockMonitor } from './monitor.ts'

const NOW = Date.UTC(2026, 4, 6, 2, 0, 0)

test('the monitor’s snapshot plus the changes told gives the newer snapshot', () => {
  const centre = new MockCentre(NOW)
  const leader = new MockMonitor(centre, NOW)
  centre.step(NOW)
  leader.step(NOW)
  let monitor: Monitor = leader.monitor(NOW)
  let help: HelpBoard = leader.help(NOW)
  for (let t = NOW + 500; t < NOW + 120_000; t += 1_000) {
    centre.step(t)
    const changes = leader.step(t)
    monitor = changes.monitor.reduce(applyToMonitor, monitor)
    help = changes.help.reduce(applyToHelp, help)
  }
  const at = NOW + 119_500
  const byName = <T extends { id?: string; call?: string }>(list: T[]) =>
    [...list].sort((a, b) => ((a.id ?? a.call ?? '') < (b.id ?? b.call ?? '') ? -1 : 1))
  const after = leader.monitor(at)
  expect(byName(monitor.calls)).toEqual(byName(after.calls))
  expect(byName(monitor.lost)).toEqual(byName(after.lost))
  expect(byName(monitor.warnings)).toEqual(byName(after.warnings))
  expect(monitor.seats).toEqual(after.seats)
  expect(monitor.queues).toEqual(after.queues)
  expect(help.requests).toEqual(leader.help(at).requests)
  expect(after.warnings.length).toBeGreaterThan(0)
})
