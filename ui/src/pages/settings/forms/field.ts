/** What a field of a form is, told plainly: the forms are drawn from lists of these, and references found by them. */

import type { NameForm } from '../naming'

/** What a field's value may name. */
export type Named =
  | 'queues'
  | 'flows'
  | 'people'
  | 'agents'
  | 'skills'
  | 'calendars'
  | 'trunks'
  | 'services'
  | 'numbers'
  | 'prompts'
  | 'steps'

interface Common {
  /** As the file calls it. */
  readonly name: string
  readonly required?: boolean
  /** The hint it has, where not the one of its name. */
  readonly hint?: string
  /** Seldom needed: stands behind “more”. */
  readonly rare?: boolean
  /** The heading it stands under. */
  readonly group?: string
}

export type Field = Common &
  (
    | { readonly kind: 'text'; readonly like?: string; readonly standard?: string; readonly wide?: boolean }
    | { readonly kind: 'dial'; readonly like?: string; readonly standard?: string }
    | { readonly kind: 'length'; readonly standard?: string; readonly none?: string }
    | { readonly kind: 'share'; readonly standard?: number }
    | {
        readonly kind: 'count'
        readonly least: number
        readonly most: number
        readonly standard?: number
        readonly none?: string
      }
    | { readonly kind: 'yes'; readonly standard?: boolean }
    | {
        readonly kind: 'choice'
        readonly options: readonly string[]
        readonly standard?: string
        /** The catalogue's words for the options, where not the field's own. */
        readonly words?: string
      }
    | { readonly kind: 'one'; readonly of: Named; readonly none?: string }
    | { readonly kind: 'many'; readonly of: Named; readonly standard?: readonly string[] }
    | { readonly kind: 'prompts'; readonly standard?: readonly string[] }
    | {
        readonly kind: 'picks'
        readonly options: readonly string[]
        readonly standard?: readonly string[]
        readonly words?: string
      }
    | { readonly kind: 'texts'; readonly like?: string; readonly standard?: readonly string[] }
    | { readonly kind: 'levels'; readonly least: number }
    | { readonly kind: 'names'; readonly like?: readonly [string, string]; readonly form?: NameForm }
    | { readonly kind: 'way' }
    /** A part that is there or not; `true` in the file takes all as it stands. */
    | { readonly kind: 'part'; readonly fields: readonly Field[] }
    | { readonly kind: 'inside'; readonly fields: readonly Field[] }
    | { readonly kind: 'items'; readonly fields: readonly Field[]; readonly fresh: Record<string, string> }
    | {
        readonly kind: 'each'
        readonly keys: readonly string[] | Named | 'free'
        readonly fields: readonly Field[]
        readonly fresh?: Record<string, string>
        readonly words?: string
      }
    /** A way out to another step of the same flow. */
    | { readonly kind: 'step' }
    | { readonly kind: 'keys' }
    | { readonly kind: 'cases' }
  )

export type Kind = Field['kind']
export type FieldOf<K extends Kind> = Extract<Field, { kind: K }>
