/** Fetches the pages somebody may open before they do: later the centre may be away, or the line slow. */

import type { Router } from 'vue-router'

/** What browsers tell of the line, where they do. */
interface Line {
  saveData?: boolean
  type?: string
}

/** Whether each byte may cost: then a page is fetched when it is opened. */
export function isMetered(line: Line | undefined): boolean {
  return line !== undefined && (line.saveData === true || line.type === 'cellular')
}

/** One page after the other, whenever nothing else is to be done. */
export async function fetchAhead(router: Router, names: readonly string[], idle = whenIdle): Promise<void> {
  if (isMetered((navigator as { connection?: Line }).connection)) return
  const routes = router.getRoutes()
  for (const name of names)
    for (const piece of Object.values(routes.find((one) => one.name === name)?.components ?? {})) {
      await idle()
      // what fails here is told when the page is opened
      if (typeof piece === 'function') await (piece as () => Promise<unknown>)().catch(() => undefined)
    }
}

/** Safari has no idle moments to ask for. */
const whenIdle = () =>
  new Promise<void>((go) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => go(), { timeout: 10_000 })
    else setTimeout(go, 1_000)
  })
