/** Where something stands in the file, as its form says it: a thing by its name, a field by its label. */

import type { Parts } from '@/api/settings-types'
import { thingOf, type Place, type Told } from './draft/changes'
import { isTable, textOf } from './draft/plain'
import type { Named } from './forms/field'
import { useOptions } from './forms/options'
import { useWords } from './words'

export function usePlaces() {
  const words = useWords()
  const { options } = useOptions()

  const labelOf = (of: Named, value: string) =>
    options(of).find((each) => each.value === value)?.label ?? value

  function wordOf({ scope, name, of, words: set }: Place): string {
    if (of) return labelOf(of, name)
    if (set) return words.option(set, name)
    return scope ? words.field(scope, name) : name
  }

  return {
    labelOf,

    titleOf(one: Told, files: readonly Parts[]): string {
      const part = words.t(`settings.one.${one.part}`)
      if (!one.id) return words.te(`settings.one.${one.part}`) ? part : one.part
      const thing = thingOf(one.part, one.id, files)
      const name = isTable(thing) ? textOf(thing['name']) : textOf(thing)
      return name && name !== one.id ? `${part} ${name} (${one.id})` : `${part} ${one.id}`
    },

    placeOf(one: Told): string {
      if (one.order) return words.t('settings.diff.order')
      if (!one.inside.length) return one.id && one.part === 'skills' ? words.t('settings.name') : ''
      const at = one.part === 'flows' && one.inside[0] === 'steps'
      const step = at ? [words.t('settings.diff.step', { name: one.inside[1] ?? '' })] : []
      return [...step, ...one.places.map(wordOf)].join(' · ')
    },
  }
}
