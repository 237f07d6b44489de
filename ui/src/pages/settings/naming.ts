/** Whether something of the settings may be called so. Pure. */

/** As the centre reads them; a step's or a parameter's name is any text. */
const FORMS = {
  id: /^[\p{L}\p{N}_.-]{1,64}$/u,
  dial: /^\+?[0-9*#]{1,32}$/,
  keys: /^[0-9*#]{1,8}$/,
  disposition: /^[\p{L}\p{N}_-]{1,40}$/u,
  variable: /^[\p{L}\p{N}_]{1,32}$/u,
  step: /^[^/]+$/,
  text: /./,
} as const

export type NameForm = keyof typeof FORMS
export type NameTrouble = 'taken' | 'empty' | Exclude<NameForm, 'text'>

/** Why `to` cannot be a name of this form beside the others; null when it can. */
export function nameTrouble(form: NameForm, to: string, others: readonly string[]): NameTrouble | null {
  if (!to) return 'empty'
  if (others.includes(to)) return 'taken'
  return form === 'text' || FORMS[form].test(to) ? null : form
}
