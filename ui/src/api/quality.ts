/** Inspection and its figures, as requests. */

import { queryOf, request } from './client'
import type { FigureChanges, Figures, FiguresBy } from './figures-types'
import type {
  Assessment,
  Backlog,
  Brief,
  BriefWithAppeal,
  Decision,
  Hearings,
  Inspection,
  ItemWanted,
  Judged,
  Plan,
  PlanWanted,
  Preview,
  Round,
  RoundWithAgreement,
  Slice,
  Transcript,
} from './quality-types'

const id = encodeURIComponent
const with_ = (signal?: AbortSignal) => (signal ? { signal } : {})

export interface JudgedSearch {
  agent?: string
  queue?: string
  rule?: string
  verdict?: string
  below?: number | undefined
  fatal?: boolean | undefined
  from_ms?: number
  to_ms?: number
  order?: 'newest' | 'worst'
  limit?: number
  cursor?: string
}

export interface FiguresSearch {
  by: FiguresBy
  rule?: string
  agent?: string
  queue?: string
  part?: string
  from_ms?: number
  to_ms?: number
}

/** A page of a list, which the centre calls by what is on it. */
async function slice<T>(path: string, rows: string, search: object, signal?: AbortSignal): Promise<Slice<T>> {
  const page = await request<Record<string, unknown>>('GET', path + queryOf(search), with_(signal))
  return { rows: page[rows] as T[], next: page['next'] as string | null }
}

export const qualityApi = {
  assessment: (call: string, signal?: AbortSignal) =>
    request<Assessment>('GET', `/calls/${id(call)}/assessment`, with_(signal)),
  transcript: (call: string, signal?: AbortSignal) =>
    request<Transcript>('GET', `/calls/${id(call)}/transcript`, with_(signal)),
  judgeAnew: (call: string) => request<unknown>('POST', `/calls/${id(call)}/judge`),

  calls: (search: JudgedSearch, signal?: AbortSignal) =>
    slice<Judged>('/quality/calls', 'calls', search, signal),
  mine: (cursor = '', signal?: AbortSignal) =>
    slice<Judged>('/quality/mine', 'calls', { limit: 50, cursor }, signal),
  backlog: () => request<Backlog>('GET', '/quality/backlog'),
  hearings: () => request<Hearings>('GET', '/hearings/summary'),
  retry: (call: string) => request<unknown>('POST', `/quality/backlog/${id(call)}/retry`),

  inspections: (
    search: { mine: boolean; done?: boolean | ''; agent?: string; limit?: number; cursor?: string },
    signal?: AbortSignal,
  ) => slice<Brief>('/quality/inspections', 'inspections', search, signal),
  inspection: (one: string) => request<Inspection>('GET', `/quality/inspections/${id(one)}`),
  inspect: (call: string, inspector?: string) =>
    request<Inspection>('POST', '/quality/inspections', {
      body: { call, ...(inspector ? { inspector } : {}) },
    }),
  save: (one: string, body: { version: number; items: ItemWanted[]; comment?: string; praise?: string }) =>
    request<Inspection>('PUT', `/quality/inspections/${id(one)}`, { body }),
  submit: (one: string, version: number, tell: boolean) =>
    request<Inspection>('POST', `/quality/inspections/${id(one)}/submit${queryOf({ tell: tell || '' })}`, {
      body: { version },
    }),
  tell: (one: string, version: number) =>
    request<Inspection>('POST', `/quality/inspections/${id(one)}/tell`, { body: { version } }),
  reassign: (one: string, inspector: string) =>
    request<Inspection>('POST', `/quality/inspections/${id(one)}/reassign`, { body: { inspector } }),

  appealInspection: (one: string, items: string[], text: string) =>
    request<Inspection>('POST', `/quality/inspections/${id(one)}/appeal`, { body: { items, text } }),
  appealCall: (call: string, findings: string[], text: string) =>
    request<Inspection>('POST', `/calls/${id(call)}/appeal`, { body: { findings, text } }),
  appeals: (search: { mine: boolean; state?: 'open' | 'decided'; cursor?: string }, signal?: AbortSignal) =>
    slice<BriefWithAppeal>('/quality/appeals', 'appeals', search, signal),
  decide: (one: string, body: { version: number; decisions: Decision[]; reason: string }) =>
    request<Inspection>('POST', `/quality/inspections/${id(one)}/decide`, { body }),

  inspectors: async () =>
    (
      await request<{ inspectors: { user: string; name: string; open: number }[] }>(
        'GET',
        '/quality/inspectors',
      )
    ).inspectors,
  plans: (cursor = '', signal?: AbortSignal) => slice<Plan>('/quality/plans', 'plans', { cursor }, signal),
  preview: (wanted: PlanWanted) => request<Preview>('POST', '/quality/plans/preview', { body: wanted }),
  makePlan: (wanted: PlanWanted) => request<Plan>('POST', '/quality/plans', { body: wanted }),
  plan: (one: string) => request<Plan>('GET', `/quality/plans/${id(one)}`),
  startPlan: (one: string) => request<Plan>('POST', `/quality/plans/${id(one)}/start`),
  dropPlan: (one: string) => request<undefined>('DELETE', `/quality/plans/${id(one)}`),

  rounds: (cursor = '', signal?: AbortSignal) =>
    slice<Round>('/quality/rounds', 'rounds', { cursor }, signal),
  makeRound: (wanted: { name: string; calls: string[]; inspectors: string[] }) =>
    request<Round>('POST', '/quality/rounds', { body: wanted }),
  round: (one: string) => request<RoundWithAgreement>('GET', `/quality/rounds/${id(one)}`),

  figures: (search: FiguresSearch, signal?: AbortSignal) =>
    request<Figures>('GET', `/quality/figures${queryOf(search)}`, with_(signal)),
  figureChanges: (days: number, signal?: AbortSignal) =>
    request<FigureChanges>('GET', `/quality/figures/changes${queryOf({ days })}`, with_(signal)),
}
