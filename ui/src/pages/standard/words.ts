/** Places in the book, and what is wrong there, in the viewer's language. */

import { useI18n } from 'vue-i18n'

import type { BookProblem } from '@/api/book-types'
import { useBook } from '@/judged/book'
import { useBoth } from '@/judged/words'

export interface Place {
  of: string
  field: string
}

export function useBookWords() {
  const { t, te } = useI18n()
  const book = useBook()
  const both = useBoth()

  /** `rules.wait.announce.thresholds.silence`: ids hold dots themselves, so the longest that is known counts. */
  function placeOf(what: string): Place {
    const [group, ...rest] = what.split('.')
    for (let n = rest.length; n > 0; n--) {
      const id = rest.slice(0, n).join('.')
      const title = group === 'rules' ? both(book.rules.get(id)?.title) : ''
      const known = group === 'phrases' && book.book?.phrases.some((phrase) => phrase.id === id)
      if (title || known) return { of: title || t('standard.phrase', { id }), field: fieldOf(rest.slice(n)) }
    }
    return { of: what, field: '' }
  }

  function fieldOf(path: string[]): string {
    const name = path.at(-1) ?? ''
    for (const key of [`standard.threshold.${name}`, `standard.field.${name}`, `spoken.${name}`])
      if (te(key)) return t(key)
    return path.join('.')
  }

  /** What is wrong; in the centre's own words where there are none of ours. */
  function problem(one: BookProblem): string {
    const key = `book_problem.${one.code ?? ''}`
    return one.code && te(key) ? t(key, one.about ?? {}) : one.message
  }

  function problemAt(one: BookProblem): string {
    const { of, field } = placeOf(one.where)
    const at = field ? t('standard.at', { of, field }) : of
    return t('standard.problem_at', { at, problem: problem(one) })
  }

  /** `s` as `秒`; a unit without a word stands for itself. */
  const unitOf = (unit: string) => (te(`standard.unit.${unit}`) ? t(`standard.unit.${unit}`) : unit)

  return { placeOf, problem, problemAt, unitOf }
}
