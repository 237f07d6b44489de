import { onBeforeUnmount, onMounted, type ShallowRef } from 'vue'

/** The keyboard in the list of calls: / to the search, Escape empties it, the arrows from call to call. */
export function useListKeys(search: Readonly<ShallowRef<HTMLInputElement | null>>, empty: () => void): void {
  function onKey(event: KeyboardEvent): void {
    const field = (event.target as HTMLElement).closest('input, select, textarea')
    if (event.key === '/' && !field) {
      event.preventDefault()
      search.value?.focus()
    } else if (event.key === 'Escape' && field === search.value) {
      empty()
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (field && field !== search.value) return
      move(event, event.key === 'ArrowDown' ? 1 : -1, field !== null)
    }
  }

  onMounted(() => {
    window.addEventListener('keydown', onKey)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKey)
  })
}

/** From the search the first call is next. */
function move(event: KeyboardEvent, by: number, fromSearch: boolean): void {
  const links = [...document.querySelectorAll<HTMLElement>('.to-call')]
  const at = links.indexOf(document.activeElement as HTMLElement)
  const to = at < 0 && !fromSearch ? undefined : links[at + by]
  if (!to) return
  event.preventDefault()
  to.focus()
}
