/** What a shift leader does, as requests. */

import { request } from './client'
import type { HelpRequest } from './desk-types'
import type {
  Alarm,
  DivertTo,
  Door,
  LostCall,
  Mode,
  Notice,
  QueueControl,
  Seat,
  Trends,
  Warning,
} from './monitor-types'

const id = encodeURIComponent

export const monitorApi = {
  supervise: (call: string, mode: Mode | 'take_over', of = '') =>
    request<unknown>('POST', `/calls/${id(call)}/supervise`, { body: { mode, of } }),
  leave: (call: string) => request<unknown>('DELETE', `/calls/${id(call)}/supervise`),
  endCall: (call: string) => request<unknown>('POST', `/calls/${id(call)}/end`, { body: { whole: true } }),

  takeHelp: (help: string, mode: Mode | '') =>
    request<HelpRequest>('POST', `/help/${id(help)}/take`, { body: { mode } }),
  closeHelp: (help: string, answer: string) =>
    request<HelpRequest>('POST', `/help/${id(help)}/close`, { body: { answer } }),
  alarmSeen: (alarm: string) => request<Alarm>('POST', `/alarms/${id(alarm)}/seen`, { body: {} }),
  warningSeen: (warning: string) => request<Warning>('POST', `/warnings/${id(warning)}/seen`, { body: {} }),

  setDoor: (queue: string, wanted: { door: Door; note?: string; until_ms?: number }) =>
    request<QueueControl>('POST', `/queues/${id(queue)}/door`, { body: wanted }),
  divert: (queue: string, wanted: DivertTo & { note?: string; until_ms?: number }) =>
    request<QueueControl>('POST', `/queues/${id(queue)}/divert`, { body: wanted }),
  endDivert: (queue: string) => request<QueueControl>('DELETE', `/queues/${id(queue)}/divert`),
  moveWaiting: (queue: string, to: string, calls: string[] | null) =>
    request<{ moved: number }>('POST', `/queues/${id(queue)}/waiting`, { body: { to, calls } }),

  moveAgent: (agent: string, wanted: { queues: string[]; reason: string; until_ms?: number }) =>
    request<Seat>('POST', `/agents/${id(agent)}/queues`, { body: wanted }),
  moveAgentBack: (agent: string) => request<Seat>('DELETE', `/agents/${id(agent)}/queues`),

  callBack: (call: string, mine: boolean) =>
    request<LostCall>('POST', `/lost/${id(call)}/call_back`, { body: { mine } }),
  setAside: (call: string, note: string) =>
    request<LostCall>('POST', `/lost/${id(call)}/set_aside`, { body: { note } }),

  trends: (hours: number, step_ms: number, signal?: AbortSignal) =>
    request<Trends>('GET', `/monitor/trends?hours=${hours}&step_ms=${step_ms}`, signal ? { signal } : {}),

  notices: async () => (await request<{ notices: Notice[] }>('GET', '/notices')).notices,
  putUpNotice: (wanted: { queue: string; prompts: string[]; until_ms: number; on: boolean; note: string }) =>
    request<Notice>('POST', '/notices', { body: wanted }),
  switchNotice: (notice: string, on: boolean) =>
    request<Notice>('POST', `/notices/${id(notice)}`, { body: { on } }),
  recordNotice: (notice: string, sound: Blob) =>
    request<Notice>('PUT', `/notices/${id(notice)}/sound`, { sound }),
  takeDownNotice: (notice: string) => request<undefined>('DELETE', `/notices/${id(notice)}`),
}
