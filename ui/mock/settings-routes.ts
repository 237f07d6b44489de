/** The settings' part of the mock centre: keeps versions, finds the plainest mistakes, plays flows roughly. */

import type { Act, Change, Parts, Plain, Prompt, Played, WaitsFor } from '../src/api/settings-types.ts'
import { isTable, listOf, same, textOf, type Table } from '../src/pages/settings/draft/plain.ts'
import { printYaml } from '../src/pages/settings/draft/yaml.ts'
import zhTerms from '../src/text/zh-CN/terms.ts'
import { DISPOSITIONS } from './desk-data.ts'
import { problemsOf, warningsOf } from './settings-check.ts'
import { partsOfMock } from './settings-data.ts'
import { wav } from './voice.ts'

interface Version {
  version: number
  at_ms: number
  by: string
  by_name: string
  comment: string
  text: string
  parts: Parts
  changes: number
}

const ONE: Record<string, [string, string]> = {
  numbers: ['number', 'number'],
  flows: ['flow', ''],
  calendars: ['calendar', ''],
  queues: ['queue', ''],
  skills: ['skill', ''],
  people: ['person', 'user'],
  endpoints: ['endpoint', 'endpoint'],
  trunks: ['trunk', 'trunk'],
  breaks: ['break', 'id'],
}

function shown(value: Plain | undefined): string {
  if (value === undefined || value === '') return '(none)'
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  return isTable(value) ? JSON.stringify(value) : String(value)
}

function inside(what: string, a: Plain | undefined, b: Plain | undefined): Change[] {
  if (same(a, b)) return []
  if (isTable(a) && isTable(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      inside(`${what}.${name}`, a[name], b[name]),
    )
  return [{ sign: '~', what, before: shown(a), after: shown(b) }]
}

const holidaysOf = (year: string) => [
  { date: `${year}-05-01`, kind: 'off', name: '劳动节' },
  { date: `${year}-10-01`, kind: 'off', name: '国庆节' },
  { date: `${year}-10-10`, kind: 'work', name: '' },
]

export function changesOf(a: Parts, b: Parts): Change[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((part): Change[] => {
    const [word, key] = ONE[part] ?? []
    if (!word) return inside(part, a[part] ?? {}, b[part] ?? {})
    const byName = (things: Plain | undefined): Table =>
      isTable(things)
        ? things
        : Object.fromEntries(listOf(things).map((one) => [textOf((one as Table)[key ?? '']), one]))
    const [old, now] = [byName(a[part]), byName(b[part])]
    return [
      ...Object.keys(old)
        .filter((name) => !(name in now))
        .map((name): Change => ({ sign: '-', what: `${word} ${name}`, before: '', after: '' })),
      ...Object.entries(now).flatMap(([name, value]): Change[] =>
        name in old
          ? inside(`${word} ${name}`, old[name], value)
          : [{ sign: '+', what: `${word} ${name}`, before: '', after: '' }],
      ),
    ]
  })
}

/** A flow walked through as far as the acts lead. */
function play(parts: Parts, flow: string, acts: Act[]) {
  const steps = ((parts['flows'] as Table | undefined)?.[flow] as Table | undefined)?.['steps'] as Table
  const played: Played[] = []
  let [name, at, index] = [textOf(((parts['flows'] as Table)[flow] as Table)['start']), 0, 0]
  const say = (kind: Played['kind'], more: Partial<Played>) =>
    played.push({ at_ms: at, kind, flow, step: name, act: index - 1, ...more })
  const waits = (kind: WaitsFor['kind'], keys: string[] = []) => ({
    played,
    waits_for: { kind, flow, step: name, keys, until_ms: 5_000 },
    ended: null,
  })
  for (let n = 0; n < 100; n++) {
    const step = steps[name] as Table | undefined
    if (!step) break
    say('step', {})
    const prompts = listOf(step['say']).map(String)
    if (prompts.length) {
      const words = prompts.map((id) => (zhTerms.prompt as Record<string, string>)[id] ?? id).join('，')
      say(step['do'] === 'menu' ? 'asks' : 'says', { prompts, words })
      at += 3_000
    }
    if (step['do'] === 'menu') {
      const act = acts[index]
      const keys = step['keys'] as Table
      if (!act || !('press' in act)) return waits('key', Object.keys(keys))
      index++
      say('hears', { digits: act.press })
      name = textOf(keys[act.press]) || name
    } else if (step['do'] === 'queue') {
      say('queues', { queue: textOf(step['queue']) })
      const act = acts[index]
      if (!act || !('agent' in act)) return waits('agent')
      index++
      say('talks', { agent: 'a1001' })
      return waits('talk')
    } else {
      const next = textOf(step['open'] ?? step['next'] ?? '')
      if (!next) break
      name = next
    }
  }
  say('ends', { why: 'normal' })
  return { played, waits_for: null, ended: { how: 'centre', reason: 'normal' } }
}

const TONE = wav(
  Float32Array.from({ length: 8_000 }, (_, n) => Math.sin(n / 3) * 0.2),
  Float32Array.from({ length: 8_000 }, (_, n) => Math.sin(n / 3) * 0.2),
)

export class SettingsRoutes {
  private readonly versions: Version[] = []
  private prompts: Prompt[] = Object.entries(zhTerms.prompt).map(([id, text]) => ({
    id,
    language: 'zh',
    source: 'shipped',
    text,
    length_ms: 1_000 + text.length * 250,
    at_ms: null,
    by: '',
    comment: '',
    version: 0,
    versions: 0,
    used_by: [],
    fallback: false,
  }))

  constructor() {
    this.keep(partsOfMock(), '演示中心', Date.now() - 86_400_000 * 3)
    const parts = partsOfMock()
    ;((parts['queues'] as Table)['complaint'] as Table)['wrap_up'] = '40s'
    this.keep(parts, '投诉话后延长', Date.now() - 3_600_000)
  }

  private get now(): Version {
    return this.versions[0] as Version
  }

  private keep(parts: Parts, comment: string, at_ms: number, text = ''): void {
    const changes = this.versions.length ? changesOf(this.now.parts, parts).length : 1
    this.versions.unshift({
      version: this.versions.length + 1,
      at_ms,
      by: 'admin',
      by_name: '系统管理员',
      comment,
      text: text || printYaml(parts),
      parts,
      changes,
    })
  }

  private kept(version: Version) {
    return { ...version, phones_with_secret: ['1001', '1002'], people_with_password: ['admin', 'leader'] }
  }

  /** What the settings answer, as [status, body] or a sound; null when it is not theirs to answer. */
  answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
    now: number,
  ): [number, unknown] | Buffer | null {
    const route = `${method} ${path}`
    const parts = body['parts'] as Parts | undefined
    const by = (version: number) => this.versions.find((one) => one.version === version)
    if (route === 'GET /dispositions') return [200, { dispositions: DISPOSITIONS }]
    if (route.startsWith('GET /holidays/')) return [200, { days: holidaysOf(query.get('year') ?? '') }]
    if (route === 'GET /configuration') return [200, this.kept(this.now)]
    if (route === 'GET /configuration/versions') return [200, { versions: this.versions, next: null }]
    if (route === 'GET /configuration/changes') {
      const [from, to] = [by(Number(query.get('from'))), by(Number(query.get('to')))]
      return [200, { changes: from && to ? changesOf(from.parts, to.parts) : [] }]
    }
    if (route === 'POST /configuration/check') {
      const problems = parts ? problemsOf(parts) : []
      const fine = parts && !problems.length
      return [
        200,
        {
          problems,
          warnings: parts ? warningsOf(parts) : [],
          changes: fine ? changesOf(this.now.parts, parts) : [],
          text: fine ? printYaml(parts) : String(body['text'] ?? ''),
          parts: parts ?? null,
        },
      ]
    }
    if (route === 'PUT /configuration') {
      if (body['version'] !== this.now.version)
        return [409, { error: { code: 'changed', message: 'Somebody saved since.' } }]
      const made: Record<string, string> = {}
      const users = (from: Parts) => listOf(from['people']).map((one) => textOf((one as Table)['user']))
      const before = users(this.now.parts)
      for (const user of users(parts ?? {})) if (!before.includes(user)) made[user] = 'kite-7-river-42'
      this.keep(parts ?? this.now.parts, String(body['comment'] ?? ''), now, String(body['text'] ?? ''))
      return [200, { version: this.now.version, passwords: { people: made, endpoints: {} } }]
    }
    if (route === 'POST /configuration/roll_back') {
      const old = by(Number(body['to']))
      if (old) this.keep(old.parts, String(body['comment'] ?? ''), now)
      return [200, { version: this.now.version }]
    }
    if (/^POST \/endpoints\/[^/]+\/secret$/.test(route)) return [200, { password: 'paper-19-lantern' }]
    if (route === 'POST /play') {
      const number = listOf(parts?.['numbers']).find(
        (one) => isTable(one) && one['number'] === body['number'],
      ) as Table | undefined
      const flow = String(body['flow'] ?? textOf(number?.['flow']))
      if (!parts || !flow) return [404, { error: { code: 'not_found', message: 'There is no such flow.' } }]
      const result = play(parts, flow, (body['acts'] as Act[] | undefined) ?? [])
      return [200, { ...result, variables: {}, language: 'zh', at_ms: 0, refused: null }]
    }
    return this.aboutPrompts(method, path, query, body, now)
  }

  private aboutPrompts(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
    now: number,
  ): [number, unknown] | Buffer | null {
    if (path === '/prompts')
      return [
        200,
        { prompts: this.prompts, voices: [{ id: 'zf', language: 'zh', name: '晓晓' }], voice_why: '' },
      ]
    const [, language = '', id = '', what = ''] = /^\/prompts\/(\w+)\/([\w.-]+)(?:\/(\w+))?$/.exec(path) ?? []
    if (!id) return null
    const old = this.prompts.find((one) => one.id === id && one.language === language)
    if (what === 'sound' || body['try'] === true) return TONE
    if (what === 'versions') return [200, { versions: [] }]
    if (method === 'DELETE') {
      this.prompts = this.prompts.filter((one) => one !== old || old.source === 'shipped')
      return [204, undefined]
    }
    const prompt: Prompt = {
      ...(old ?? { length_ms: 2_000, used_by: [], versions: 0, fallback: false }),
      id,
      language,
      source: 'own',
      text: String(body['text'] ?? query.get('text') ?? old?.text ?? ''),
      length_ms: old?.length_ms ?? 2_000,
      at_ms: now,
      by: 'admin',
      comment: '',
      version: (old?.version ?? 0) + 1,
      versions: (old?.versions ?? 0) + 1,
    }
    this.prompts = [...this.prompts.filter((one) => one !== old), prompt]
    const level = {
      speech_db: -20,
      peak_db: -6,
      changed_db: 3,
      cut_ms: 0,
      from_rate: 48_000,
      from_channels: 1,
    }
    return [200, { prompt, level: { ...level, notes: ['raised'] } }]
  }
}
