/** A desk and a call to make tests of: whole, with nothing remarkable about them. */

import type { DeskAgent, DeskCall, DeskFigures } from '@/api/desk-types'

export function aCall(id: string, more: Partial<DeskCall> = {}): DeskCall {
  return {
    id,
    direction: 'in',
    purpose: 'talk',
    state: 'talking',
    caller: '13800138000',
    caller_name: '',
    number: '95580',
    number_name: '',
    queue: 'enquiry',
    queue_name: '业务咨询',
    language: 'zh',
    began_ms: 0,
    queued_ms: 1_000,
    waited_ms: 5_000,
    offered_ms: 6_000,
    ring_until_ms: null,
    answered_ms: 8_000,
    ended_ms: null,
    at: 'room',
    caller_at: 'room',
    slot: '',
    consult: null,
    parties: [],
    held_by: [],
    recording: 'running',
    urgent: '',
    leads: true,
    mode: '',
    muted: false,
    place: { zh: '北京', en: 'Beijing' },
    earlier: [],
    facts: [],
    ...more,
  }
}

export function anAgent(more: Partial<DeskAgent> = {}): DeskAgent {
  return {
    id: '1001',
    name: '林晓雨',
    extension: '1001',
    state: 'ready',
    since_ms: 0,
    reason: '',
    by: '',
    next: null,
    queue: null,
    queues: [],
    reachable: true,
    ...more,
  }
}

export function figures(more: Partial<DeskFigures> = {}): DeskFigures {
  return {
    day_began_ms: 0,
    calls: 0,
    outgoing: 0,
    missed: 0,
    talk_ms: 0,
    wrap_up_ms: 0,
    ready_ms: 0,
    break_ms: 0,
    longest_break_ms: 0,
    breaks: 0,
    signed_in_ms: null,
    counted_ms: 0,
    ...more,
  }
}
