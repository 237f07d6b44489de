/** The plainest mistakes of a configuration, and what may be one, as the centre words them. */

import type { Parts, Path, Problem } from '../src/api/settings-types.ts'
import { at, isTable, textOf, type Table } from '../src/pages/settings/draft/plain.ts'
import { references } from '../src/pages/settings/draft/references.ts'
import { outsOf } from '../src/pages/settings/flow/graph.ts'
import { optionsOf } from '../src/pages/settings/forms/options-of.ts'

function told(path: Path, code: string, message: string, message_zh: string): Problem {
  return { path: [...path], line: null, column: null, code, message, message_zh }
}

function tables(value: Parts[string] | undefined): [string, Table][] {
  return Object.entries(isTable(value) ? value : {}).flatMap(([name, one]): [string, Table][] =>
    isTable(one) ? [[name, one]] : [],
  )
}

/** Every step with where it stands. */
function stepsOf(parts: Parts): { path: Path; flow: string; name: string; step: Table }[] {
  return tables(parts['flows']).flatMap(([flow, { steps }]) =>
    tables(steps).map(([name, step]) => ({ path: ['flows', flow, 'steps', name], flow, name, step })),
  )
}

export function problemsOf(parts: Parts): Problem[] {
  const found: Problem[] = []
  for (const one of references(parts)) {
    if (one.of === 'prompts' || !one.name) continue
    const steps = at(parts, ['flows', String(one.path[1]), 'steps'])
    const known =
      one.of === 'steps'
        ? Object.keys(isTable(steps) ? steps : {})
        : optionsOf(parts, one.of).map((each) => each.value)
    if (!known.includes(one.name))
      found.push(told(one.path, 'not_known', `there is no ${one.of} "${one.name}"`, `没有“${one.name}”`))
  }
  for (const { path, step } of stepsOf(parts))
    for (const out of outsOf(step))
      if (out.required && !out.at.includes('/') && !textOf(step[out.at]))
        found.push(told(path, 'missing', `"${out.at}" is missing`, `缺少“${out.at}”`))
  for (const [id, queue] of tables(parts['queues'])) {
    const ring = textOf(queue['ring']) || '15s'
    if (!/^(\d+(h|ms|m|s))+$|^0$/.test(ring))
      found.push(
        told(
          ['queues', id, 'ring'],
          'no_length',
          `"${ring}" is no length of time; write it like 20s, 3m or 1h30m`,
          `“${ring}”不是时长，请写成 20s、3m 或 1h30m`,
        ),
      )
  }
  return found
}

export function warningsOf(parts: Parts): Problem[] {
  const led = new Set(
    [...references(parts)].filter((one) => one.of === 'steps').map((one) => `${one.path[1]}/${one.name}`),
  )
  return stepsOf(parts)
    .filter(({ flow, name }) => !led.has(`${flow}/${name}`))
    .map(({ path }) => told(path, 'unreachable', 'nothing leads to this step', '没有任何去向通到这一步'))
}
