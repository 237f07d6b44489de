/** The keyboard's focus is never lost: where what has it goes away, the nearest part around it takes it over. */

/** How long what is only busy may take to get it back. */
export const BUSY_MS = 2_000

const PARTS = 'dialog, form, fieldset, section, main, nav, header, [tabindex]'

const canHave = (one: Element) => one.isConnected && !one.matches(':disabled, [hidden], [hidden] *')

/** Watch over the focus within `root`; what is returned ends it. */
export function keepFocus(root: HTMLElement): () => void {
  /** What had the focus last, and what stood around it then, from the inside out. */
  let held: HTMLElement | null = null
  let around: HTMLElement[] = []
  let busy: number | undefined

  const isLost = () =>
    document.activeElement === null ||
    document.activeElement === document.body ||
    !canHave(document.activeElement)

  function come(event: FocusEvent): void {
    held = event.target as HTMLElement
    around = []
    for (let one = held.parentElement; one && root.contains(one); one = one.parentElement) around.push(one)
  }

  /** Whoever presses beside all controls means to leave them. */
  function go(event: FocusEvent): void {
    const left = event.target as HTMLElement
    window.setTimeout(() => {
      if (left === held && canHave(left) && isLost()) held = null
    })
  }

  /** Whether one of these moved what has the focus, or gave it back: else it is on its way to another. */
  const touched = (records: MutationRecord[]) =>
    records.some(({ type, target, removedNodes }) =>
      (type === 'attributes' ? [target] : [...removedNodes]).some((node) => node.contains(held)),
    )

  function settle(records: MutationRecord[]): void {
    if (!held || !isLost()) return
    if (canHave(held)) {
      if (touched(records)) held.focus({ preventScroll: true })
      return
    }
    window.clearTimeout(busy)
    busy = window.setTimeout(
      () => {
        if (held && isLost() && !canHave(held)) handOver()
      },
      held.isConnected ? BUSY_MS : 0,
    )
  }

  function handOver(): void {
    const part = around.find((one) => one.matches(PARTS) && canHave(one))
    if (part && !part.hasAttribute('tabindex')) part.tabIndex = -1
    part?.focus({ preventScroll: true })
  }

  const changes = new MutationObserver(settle)
  changes.observe(root, { subtree: true, childList: true, attributeFilter: ['disabled', 'hidden'] })
  root.addEventListener('focusin', come)
  root.addEventListener('focusout', go)
  return () => {
    window.clearTimeout(busy)
    changes.disconnect()
    root.removeEventListener('focusin', come)
    root.removeEventListener('focusout', go)
  }
}
