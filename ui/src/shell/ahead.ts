/** Fetches the pages somebody may open before they do: later the centre may be away, or the line slow. */

import type { Component } from 'vue'
import type { Router } from 'vue-router'

import type { Permission } from './roles'

/** Brings a piece of the bundle. */
export type Fetch = () => Promise<{ default: Component }>

/** The parts of a page that are pieces of their own, as far as somebody may open them. */
export type PiecesFor = (may: (permission: Permission) => boolean) => readonly Fetch[]

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
export async function fetchAhead(
  router: Router,
  names: readonly string[],
  may: (permission: Permission) => boolean,
  idle = whenIdle,
): Promise<void> {
  if (isMetered((navigator as { connection?: Line }).connection)) return
  const routes = router.getRoutes()
  for (const name of names) {
    const route = routes.find((one) => one.name === name)
    for (const piece of [...Object.values(route?.components ?? {}), ...(route?.meta.pieces?.(may) ?? [])]) {
      await idle()
      // what fails here is told when the page is opened
      if (typeof piece === 'function') await (piece as () => Promise<unknown>)().catch(() => undefined)
    }
  }
}

/** Safari has no idle moments to ask for. */
const whenIdle = () =>
  new Promise<void>((go) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => go(), { timeout: 10_000 })
    else setTimeout(go, 1_000)
  })
