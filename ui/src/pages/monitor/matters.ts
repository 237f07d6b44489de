/** What is wrong now, the gravest first; what somebody has seen to stands apart, and nothing else is shown. */

import type { HelpRequest } from '@/api/desk-types'
import type { Alarm, HelpBoard, LostCall, Monitor, TroubledCall, Warning } from '@/api/monitor-types'

export type Matter =
  | { kind: 'alarm'; key: string; since: number; alarm: Alarm }
  | { kind: 'help'; key: string; since: number; request: HelpRequest }
  | { kind: 'trouble'; key: string; since: number; trouble: TroubledCall }
  | { kind: 'warning'; key: string; since: number; warning: Warning }
  | { kind: 'lost'; key: string; since: number; lost: LostCall }

export const MATTERS = ['alarm', 'help', 'trouble', 'warning', 'lost'] as const
export type MatterKind = (typeof MATTERS)[number]

export interface Matters {
  /** Waits for somebody: alarms, requests, calls going wrong (the worst first), warnings, lost callers. */
  open: Matter[]
  /** In somebody's hands, for those who want to follow it up. */
  quiet: Matter[]
  counts: Record<MatterKind, number>
}

/** Nothing can be reached, or money runs: before all other warnings. */
const GRAVE: ReadonlySet<string> = new Set(['switch_down', 'toll_stop', 'disk', 'not_writing', 'no_agent'])

export function isGrave(warning: Warning): boolean {
  return GRAVE.has(warning.kind)
}

/** Newest loss first: who hung up just now is the likeliest to be reached. */
function order(a: Matter, b: Matter): number {
  const rank = MATTERS.indexOf(a.kind) - MATTERS.indexOf(b.kind)
  if (rank) return rank
  if (a.kind === 'warning' && b.kind === 'warning') {
    const grave = Number(isGrave(b.warning)) - Number(isGrave(a.warning))
    if (grave) return grave
  }
  if (a.kind === 'trouble' && b.kind === 'trouble' && a.trouble.score !== b.trouble.score)
    return b.trouble.score - a.trouble.score
  const since = a.kind === 'lost' ? b.since - a.since : a.since - b.since
  return since || (a.key < b.key ? -1 : 1)
}

/** `me` follows up what they took themselves: their own requests stay among the open ones. */
export function mattersOf(monitor: Monitor | null, help: HelpBoard | null, me: string): Matters {
  const open: Matter[] = []
  const quiet: Matter[] = []
  for (const alarm of help?.alarms ?? []) {
    if (alarm.seen_ms === null)
      open.push({ kind: 'alarm', key: `alarm ${alarm.id}`, since: alarm.at_ms, alarm })
  }
  for (const request of help?.requests ?? []) {
    const matter: Matter = { kind: 'help', key: `help ${request.id}`, since: request.at_ms, request }
    if (request.state === 'open' || (request.state === 'taken' && request.taken_by === me)) open.push(matter)
    else if (request.state === 'taken') quiet.push(matter)
  }
  for (const trouble of monitor?.troubles ?? [])
    open.push({ kind: 'trouble', key: `trouble ${trouble.call}`, since: trouble.since_ms, trouble })
  for (const warning of monitor?.warnings ?? []) {
    const matter: Matter = { kind: 'warning', key: `warning ${warning.id}`, since: warning.since_ms, warning }
    ;(warning.seen_ms === null ? open : quiet).push(matter)
  }
  for (const lost of monitor?.lost ?? []) {
    const matter: Matter = { kind: 'lost', key: `lost ${lost.call}`, since: lost.lost_ms, lost }
    ;(lost.state === 'open' ? open : quiet).push(matter)
  }
  const counts = { alarm: 0, help: 0, trouble: 0, warning: 0, lost: 0 }
  for (const matter of open) counts[matter.kind]++
  return { open: open.sort(order), quiet: quiet.sort(order), counts }
}

/** Neighbours of one kind under one head: a kind stands twice where a late one was put last. */
export function runsOf(matters: readonly Matter[]): { key: string; kind: MatterKind; list: Matter[] }[] {
  const runs: { key: string; kind: MatterKind; list: Matter[] }[] = []
  for (const matter of matters) {
    const last = runs.at(-1)
    if (last?.kind === matter.kind) last.list.push(matter)
    else {
      const again = runs.filter((run) => run.kind === matter.kind).length
      runs.push({ key: `${matter.kind} ${again}`, kind: matter.kind, list: [matter] })
    }
  }
  return runs
}
