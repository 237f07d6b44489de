/**
 * Texts that people wrote are in their own language: names, reasons and transcripts stay Chinese on an English page.
 * Elements that show such a text are marked with it (`lang`), for fonts and for voices that read aloud.
 */

/** With the commas and stops that only such texts have. */
const HAN = /[\p{Script=Han}\u3001-\u303f\uff01-\uff5e]/gu
const LATIN = /\p{Script=Latin}/gu
const CHINESE = 'zh-CN'

/** Whether a text is Chinese by most of what it is written in; a Chinese name alone makes no sentence so. */
export function isChinese(text: string): boolean {
  const han = text.match(HAN)?.length ?? 0
  return han > 0 && han > (text.match(LATIN)?.length ?? 0)
}

/** What an element says by itself, without the elements inside it. */
function ownText(one: Element): string {
  if (one instanceof HTMLTextAreaElement || one instanceof HTMLInputElement) return one.value
  let text = ''
  for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) text += node.nodeValue
  return text
}

/** Mark what is shown within `root`, now and whenever it changes; what is returned ends it. */
export function markLanguages(root: HTMLElement): () => void {
  const page = document.documentElement
  const marked = new WeakSet<Element>()

  function mark(one: Element): void {
    if (one.hasAttribute('lang') && !marked.has(one)) return
    const text = ownText(one)
    if (!text.trim() && !marked.has(one)) return
    const around = one.parentElement?.closest('[lang]')?.getAttribute('lang') ?? page.lang
    const own = isChinese(text) ? CHINESE : text.trim() ? page.lang : around
    const wanted = own === around ? null : own
    if (wanted === one.getAttribute('lang')) return
    if (wanted === null) {
      one.removeAttribute('lang')
      marked.delete(one)
    } else {
      one.setAttribute('lang', wanted)
      marked.add(one)
    }
    for (const inside of one.querySelectorAll('*')) mark(inside)
  }

  function markAll(within: Element): void {
    mark(within)
    for (const one of within.querySelectorAll('*')) mark(one)
  }

  const changes = new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const changed = target instanceof Element ? target : target.parentElement
      if (changed) mark(changed)
      for (const node of addedNodes) if (node instanceof Element) markAll(node)
    }
  })
  const language = new MutationObserver(() => {
    markAll(root)
  })
  const write = (event: Event) => {
    if (event.target instanceof Element) mark(event.target)
  }
  changes.observe(root, { subtree: true, childList: true, characterData: true })
  language.observe(page, { attributeFilter: ['lang'] })
  root.addEventListener('input', write)
  markAll(root)
  return () => {
    changes.disconnect()
    language.disconnect()
    root.removeEventListener('input', write)
  }
}
