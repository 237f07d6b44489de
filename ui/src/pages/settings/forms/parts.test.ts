import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { CASE, STEPS } from '../flow/steps'
import en from '../text/en'
import zh from '../text/zh-CN'
import { keysOf } from '@/text/catalogue'
import { isPlace } from '../places'
import type { Field } from './field'
import { COLLECTIONS, SINGLES } from './parts'

const source = ['config/schema', 'config/trunks', 'config/warnings', 'ivr/schema'].map((file) =>
  readFileSync(`${import.meta.dirname}/../../../../../src/huawu/${file}.py`, 'utf8'),
)
const text = source.join('\n')

/** The fields of a struct as the file calls them. */
function fieldsOf(name: string): string[] {
  const at = text.indexOf(`class ${name}(`)
  expect(at, name).toBeGreaterThan(0)
  const rest = text.slice(at)
  const body = rest.slice(0, rest.indexOf('\n\n\n') + 1 || undefined).replaceAll(/"""[\s\S]*?"""/g, '')
  return [...body.matchAll(/^ {4}(\w+): (?:(?!^ {4}\w+:|^ {4}"""|\n\n)[\s\S])*/gm)].map(
    (match) => /[( ]name="(\w+)"/.exec(match[0])?.[1] ?? (match[1] as string),
  )
}

const names = (fields: readonly Field[]) => fields.map((field) => field.name).sort()
function inside(fields: readonly Field[], name: string): readonly Field[] {
  const field = fields.find((each) => each.name === name)
  return field && 'fields' in field ? field.fields : []
}

test('every field that the file may have has its place in a form', () => {
  const secret = ['password', 'sip_password']
  const forms: [string, readonly Field[]][] = [
    ['Number', COLLECTIONS.numbers.fields],
    ['Queue', COLLECTIONS.queues.fields],
    ['CallbackTerms', inside(COLLECTIONS.queues.fields, 'callback')],
    ['LastAgentTerms', inside(COLLECTIONS.queues.fields, 'last_agent')],
    ['StepByTime', inside(COLLECTIONS.queues.fields, 'steps')],
    ['Person', COLLECTIONS.people.fields],
    ['Endpoint', COLLECTIONS.endpoints.fields],
    ['Trunk', COLLECTIONS.trunks.fields],
    ['TrunkTls', inside(COLLECTIONS.trunks.fields, 'tls')],
    ['Break', COLLECTIONS.breaks.fields],
    ['Company', SINGLES.company],
    ['Outbound', SINGLES.outbound],
    ['OutboundRule', inside(SINGLES.outbound, 'rules')],
    ['TollAlarm', inside(SINGLES.outbound, 'alarm')],
    ['FeatureCodes', SINGLES.feature_codes],
    ['Security', SINGLES.security],
    ['Recordings', SINGLES.recordings],
    ['Warnings', SINGLES.warnings],
    ['QueueWarnings', inside(SINGLES.warnings, 'queues')],
    ['Lookup', SINGLES.lookup],
    ['LookupService', inside(SINGLES.lookup, 'services')],
    ['Sip', SINGLES.sip],
    ['WebRtc', SINGLES.webrtc],
    ['WebCallers', SINGLES.web_callers],
    ['PerAddress', inside(SINGLES.web_callers, 'per_address')],
    ['Case', CASE],
  ]
  for (const [struct, fields] of forms)
    expect(names(fields), struct).toEqual(
      fieldsOf(struct)
        .filter((name) => !secret.includes(name))
        .sort(),
    )
})

test('every part of the file has a page', () => {
  expect(fieldsOf('Configuration').filter((part) => !isPlace(part))).toEqual([])
})

test('every kind of step is there, with every field', () => {
  const tags = [...text.matchAll(/class (\w+)\(Step, frozen=True, kw_only=True, tag="(\w+)"\)/g)]
  expect(tags.map((match) => match[2]).sort()).toEqual(Object.keys(STEPS).sort())
  for (const [, struct, tag] of tags)
    expect(names(STEPS[tag as keyof typeof STEPS]), struct).toEqual(fieldsOf(struct as string).sort())
})

const valueOf = (catalogue: object, key: string) =>
  key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], catalogue)
const known = new Set(keysOf(zh))
const has = (key: string) => known.has(key)

test('every field, group, choice and none has a word in both languages', () => {
  const missing: string[] = []
  function look(scope: string, fields: readonly Field[]): void {
    for (const field of fields) {
      const own = [`settings.field.${scope}.${field.name}`, `settings.field.all.${field.name}`]
      if (!own.some(has)) missing.push(own[0] as string)
      if (field.group && !has(`settings.group.${scope}.${field.group}`))
        missing.push(`group ${scope}.${field.group}`)
      if ('none' in field && field.none && !has(`settings.none.${field.none}`))
        missing.push(`none ${field.none}`)
      if (field.kind === 'choice' || field.kind === 'picks') {
        const list = field.words ?? field.name
        if (!['as_is', 'capitals', 'role', 'reason', 'spoken'].includes(list))
          for (const option of field.options)
            if (!has(`settings.option.${list}.${option || 'none'}`) && /\w/.test(option || 'none'))
              missing.push(`option ${list}.${option}`)
      }
      if ('fields' in field)
        look(
          field.kind === 'part'
            ? field.name
            : field.name.startsWith('caps')
              ? 'caps'
              : `${scope}_${field.name}`,
          field.fields,
        )
    }
  }
  for (const [part, one] of Object.entries(COLLECTIONS)) look(part, one.fields)
  for (const [part, fields] of Object.entries(SINGLES)) look(part, fields)
  for (const fields of [...Object.values(STEPS), CASE]) look('step', fields)
  expect(missing).toEqual([])
})

test('each hint that a field asks for is there, and none says of what is required that it may be left out', () => {
  const wrong: string[] = []
  function look(scope: string, fields: readonly Field[]): void {
    for (const field of fields) {
      const key = `settings.hint.${scope}.${field.hint ?? field.name}`
      if (field.hint && !has(key)) wrong.push(key)
      if (field.required && has(key) && String(valueOf(zh, key)).includes('不填')) wrong.push(key)
      if ('fields' in field) look(`${scope}_${field.name}`, field.fields)
    }
  }
  for (const [part, one] of Object.entries(COLLECTIONS)) look(part, one.fields)
  for (const [part, fields] of Object.entries(SINGLES)) look(part, fields)
  for (const fields of [...Object.values(STEPS), CASE]) look('step', fields)
  expect(wrong).toEqual([])
})

test('both catalogues have the same keys and values, and the English one no Chinese', () => {
  expect(keysOf(en)).toEqual(keysOf(zh))
  const of = (catalogue: object, key: string) => String(valueOf(catalogue, key))
  const values = (words: string) => [...words.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
  for (const key of keysOf(zh)) {
    expect(of(zh, key), key).not.toBe('')
    expect(values(of(en, key)), key).toEqual(values(of(zh, key)))
    expect(of(en, key), key).not.toMatch(/\p{Script=Han}/u)
  }
})
