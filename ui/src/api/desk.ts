/** The desk's part of the centre's interface: the phone's secret, notes, wrap-ups, and what moves a call. */

import type { Account } from '@/phone/account'
import { request } from './client'
import type {
  Disposition,
  HelpRequest,
  Note,
  NumberView,
  Target,
  UrgentKind,
  Voicemail,
  WrapUp,
} from './desk-types'

const id = encodeURIComponent

export type ConsultStep = 'swap' | 'back' | 'complete' | 'conference'

const move = (call: string, what: string, body?: object) =>
  request<unknown>('POST', `/calls/${id(call)}/${what}`, { body: body ?? {} })

export const deskApi = {
  phone: (takeOver: boolean) => request<Account>('POST', '/phone', { body: { take_over: takeOver } }),
  /** Only if no page has it: for one that waits until another is gone. */
  freePhone: () => request<Account>('POST', '/phone', { body: { if_free: true } }),
  givePhoneBack: () => request<undefined>('DELETE', '/phone'),

  transfer: (call: string, to: Target) => move(call, 'transfer', to),
  consult: (call: string, to: Target) => move(call, 'consult', to),
  consultStep: (call: string, step: ConsultStep) => move(call, `consult/${step}`),
  join: (call: string, to: Target) => move(call, 'parties', to),
  park: (call: string) => move(call, 'park'),
  retrieve: (call: string) => move(call, 'retrieve'),
  record: (call: string, on: boolean) => move(call, `recording/${on ? 'resume' : 'pause'}`),
  mute: (call: string, on: boolean) => move(call, 'mute', { on }),
  end: (call: string) => move(call, 'end'),
  urgent: (call: string, kind: UrgentKind, text: string) => move(call, 'urgent', { kind, text }),

  askHelp: (call: string, text: string) =>
    request<HelpRequest>('POST', call ? `/calls/${id(call)}/help` : '/help', { body: { text } }),
  withdrawHelp: (help: string) => request<undefined>('DELETE', `/help/${id(help)}`),

  number: (number: string, signal?: AbortSignal) =>
    request<NumberView>('GET', `/numbers/${id(number)}`, signal ? { signal } : {}),
  dispositions: async () =>
    (await request<{ dispositions: Disposition[] }>('GET', '/dispositions')).dispositions,
  note: (call: string) => request<Note>('GET', `/calls/${id(call)}/notes`),
  writeNote: (call: string, text: string, version: number) =>
    request<Note>('PUT', `/calls/${id(call)}/notes`, { body: { text, version }, keepalive: true }),
  wrapUps: async (call: string) =>
    (await request<{ wrap_ups: WrapUp[] }>('GET', `/calls/${id(call)}/wrap-ups`)).wrap_ups,
  fileWrapUp: (
    call: string,
    form: { disposition: string; summary: string; deadline_ms?: number; done?: boolean },
  ) => request<WrapUp>('PUT', `/calls/${id(call)}/wrap-up`, { body: form }),

  takeCallback: (callback: string) => request<undefined>('POST', `/callbacks/${id(callback)}/take`),
  takeVoicemail: (voicemail: string) => request<Voicemail>('POST', `/voicemails/${id(voicemail)}/take`),
  doneVoicemail: (voicemail: string, note: string) =>
    request<Voicemail>('POST', `/voicemails/${id(voicemail)}/done`, { body: { note } }),
}
