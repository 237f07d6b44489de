/** The things of a draft that can be named, with the names people know them by. */

import type { Parts, Plain } from '@/api/settings-types'
import { isTable, listOf, textOf } from '../draft/plain.ts'
import type { Named } from './field'

export interface Option {
  value: string
  label: string
}

function fromTable(things: Plain | undefined, name: (thing: Plain) => string): Option[] {
  return isTable(things)
    ? Object.entries(things).map(([value, thing]) => ({ value, label: name(thing) || value }))
    : []
}

function fromList(things: Plain | undefined, key: string, name: string): Option[] {
  return listOf(things)
    .filter(isTable)
    .map((thing) => {
      const value = textOf(thing[key])
      const label = textOf(thing[name])
      return { value, label: label && label !== value ? `${label} ${value}` : value }
    })
}

const named = (thing: Plain) => (isTable(thing) ? textOf(thing['name']) : textOf(thing))

export function optionsOf(parts: Parts, of: Exclude<Named, 'prompts' | 'steps'>): Option[] {
  switch (of) {
    case 'queues':
    case 'flows':
    case 'calendars':
    case 'skills':
      return fromTable(parts[of], named)
    case 'services': {
      const lookup = parts['lookup']
      return fromTable(isTable(lookup) ? lookup['services'] : undefined, () => '')
    }
    case 'people':
      return fromList(parts['people'], 'user', 'name')
    case 'agents':
      return fromList(
        listOf(parts['people']).filter((person) => isTable(person) && textOf(person['extension']) !== ''),
        'user',
        'name',
      )
    case 'trunks':
      return fromList(parts['trunks'], 'trunk', 'name')
    case 'numbers':
      return fromList(parts['numbers'], 'number', 'name')
  }
}
