/** What a call and a request for help are at the mock desk before anything has happened to them. */

import type { DeskCall, DeskCallHead, HelpRequest } from '../src/api/desk-types'
import { PLACES } from './desk-data.ts'
import { HOTLINE } from './people.ts'

const ABOUT = new Set(['place', 'earlier', 'facts'])

export function headOf(call: DeskCall): DeskCallHead {
  return Object.fromEntries(
    Object.entries(call).filter(([name]) => !ABOUT.has(name)),
  ) as unknown as DeskCallHead
}

export function freshCall(
  id: string,
  caller: string,
  name: string,
  now: number,
  more: Partial<DeskCall>,
): DeskCall {
  const [zh, en] = PLACES[caller.slice(0, 3)] ?? ['江苏南京', 'Nanjing, Jiangsu']
  return {
    id,
    direction: 'in',
    purpose: 'talk',
    state: 'ringing',
    caller,
    caller_name: name,
    number: HOTLINE,
    number_name: '客服热线',
    queue: null,
    queue_name: '',
    language: 'zh',
    began_ms: now,
    queued_ms: null,
    waited_ms: null,
    offered_ms: now,
    ring_until_ms: null,
    answered_ms: null,
    ended_ms: null,
    at: 'away',
    caller_at: 'room',
    slot: '',
    consult: null,
    parties: [],
    held_by: [],
    recording: 'none',
    urgent: '',
    leads: true,
    mode: '',
    muted: false,
    place: { zh, en },
    earlier: [],
    facts: [],
    ...more,
  }
}

export function helpAsked(
  id: string,
  agent: { id: string; name: string },
  call: string,
  text: string,
  now: number,
): HelpRequest {
  return {
    id,
    agent: agent.id,
    agent_name: agent.name,
    call,
    text,
    at_ms: now,
    state: 'open',
    taken_by: '',
    taken_by_name: '',
    taken_ms: null,
    closed_ms: null,
    answer: '',
  }
}
