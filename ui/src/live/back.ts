/** What failed while the centre was away is asked for again by itself once it is back. */

import { watch } from 'vue'

import { useLive } from './store'

/** `again` is called with every connection that comes about; it decides whether there is anything to ask. */
export function useBack(again: () => void): void {
  const live = useLive()
  watch(
    () => live.link.kind === 'live',
    (isBack) => {
      if (isBack) again()
    },
  )
}
