/** What a step says and where it leads, in a few words of the screen's language. */

import { useFormats } from '@/format/use'
import { isTable, listOf, textOf, wordsOf, type Table } from '../draft/plain'
import { useDraft } from '../draft/store'
import { useOptions } from '../forms/options'
import { optionsOf } from '../forms/options-of'
import type { Named } from '../forms/field'
import { useWords } from '../words'
import { isStepKind } from './steps'

type Thing = Exclude<Named, 'prompts' | 'steps'>

export function useTold() {
  const words = useWords()
  const draft = useDraft()
  const format = useFormats()
  const { promptName } = useOptions()

  const named = (of: Thing, id: string) =>
    optionsOf(draft.parts, of).find((one) => one.value === id)?.label ?? (id ? `${id} ?` : '')

  function spoken(value: Table, field: string): string[] {
    const names = wordsOf(value[field]).map((id) => promptName(id))
    return names.length ? [`“${names.join('” “')}”`] : []
  }

  /** At most two lines: what it is about, what is heard. */
  function said(step: Table): string[] {
    const text = (field: string) => textOf(step[field])
    const lines = (() => {
      switch (step['do']) {
        case 'collect':
          return [
            words.t('settings.flow.said.collect', {
              least: text('least') || '1',
              most: text('most') || '20',
              into: text('into'),
            }),
          ]
        case 'hours':
          return [named('calendars', text('calendar'))]
        case 'language':
          return [words.option('spoken', text('language'))]
        case 'set':
          return isTable(step['variables'])
            ? [
                Object.entries(step['variables'])
                  .map(([name, value]) => `${name} = ${textOf(value)}`)
                  .join(', '),
              ]
            : []
        case 'queue':
          return [
            named('queues', text('queue')) +
              (text('priority') && text('priority') !== '0'
                ? ` · ${words.t('settings.flow.said.priority', { n: text('priority') })}`
                : ''),
          ]
        case 'voicemail':
          return [named('queues', text('queue'))]
        case 'transfer':
          return [
            text('agent')
              ? named('agents', text('agent'))
              : words.t('settings.flow.said.number', { number: text('number') }),
          ]
        case 'lookup':
          return [text('service')]
        case 'flow':
          return [named('flows', text('flow'))]
        case 'rate':
          return [
            words.t('settings.flow.said.rate', {
              lowest: text('lowest') || '1',
              highest: text('highest') || '5',
            }),
          ]
        case 'hang_up':
          return wordsOf(step['say']).length ? [] : [words.option('reason', text('reason') || 'normal')]
        default:
          return []
      }
    })()
    return [...lines.filter(Boolean), ...spoken(step, 'say')].slice(0, 2)
  }

  /** What must hold for a case, as short as may be. */
  function caseSaid(one: Table): string {
    const pieces: string[] = []
    const list = (field: string) => wordsOf(one[field])
    if (list('caller').length)
      pieces.push(words.t('settings.flow.said.caller', { of: `${list('caller').join('/')}…` }))
    if (list('language').length)
      pieces.push(
        list('language')
          .map((each) => words.option('spoken', each))
          .join('/'),
      )
    if (textOf(one['variable'])) {
      const of = [
        list('equals').length ? `= ${list('equals').join('/')}` : '',
        list('starts').length ? `${list('starts').join('/')}…` : '',
        textOf(one['matches']) ? `~ ${textOf(one['matches'])}` : '',
      ]
        .filter(Boolean)
        .join(' ')
      pieces.push(words.t('settings.flow.said.variable', { name: textOf(one['variable']), of }))
    }
    pieces.push(...list('days'), ...list('time'))
    return pieces.join(' · ') || words.t('settings.flow.case_always')
  }

  /** The word for one of a step's ways. */
  function way(step: Table, place: string): string {
    const [first = '', second] = place.split('/')
    if (first === 'keys') return words.t('settings.flow.way.key', { key: second ?? '' })
    if (first === 'cases') {
      const one = listOf(step['cases'])[Number(second)]
      return isTable(one) ? caseSaid(one) : words.t('settings.flow.case', { n: Number(second) + 1 })
    }
    const own = `settings.flow.way.${first}_${textOf(step['do'])}`
    return words.te(own) ? words.t(own) : words.t(`settings.flow.way.${first}`)
  }

  const kind = (step: Table) =>
    isStepKind(step['do']) ? words.t(`settings.flow.kind.${step['do']}`) : textOf(step['do'])

  return { said, caseSaid, way, kind, named, length: (ms: number) => format.value.words(ms) }
}
