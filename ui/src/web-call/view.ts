/** What the visitor sees and presses: a shadow tree that neither takes nor gives styles. */

import { busy, type Shown } from './machine'
import { STYLE } from './style'
import type { Language, Words } from './words'

export interface Deeds {
  press(): void
  end(): void
  mute(on: boolean): void
  key(digit: string): void
  close(): void
}

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#']
const HANDSET =
  'M6.6 10.8c1.4 2.8 3.8 5.1 6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20c0 .6-.4 1-1 1C10.6 ' +
  '21 3 13.4 3 4c0-.6.4-1 1-1h3.5c.6 0 1 .4 1 1 0 1.2.2 2.5.6 3.6.1.3 0 .7-.2 1l-2.3 2.2z'

export class View {
  readonly sound = new Audio()
  private readonly root: ShadowRoot
  private readonly part: Record<
    'open' | 'card' | 'state' | 'time' | 'say' | 'talk' | 'after' | 'pad' | 'mute' | 'keys' | 'end' | 'again',
    HTMLElement
  >
  private readonly words: Words
  private readonly language: Language
  private shown: Shown | null = null

  constructor(host: HTMLElement, words: Words, language: Language, label: string, deeds: Deeds) {
    this.words = words
    this.language = language
    this.root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    this.root.adoptedStyleSheets = [sheet]
    this.sound.autoplay = true
    const open = button('open', label || words.call, deeds.press)
    open.prepend(handset())
    const card = make('div', 'card')
    card.setAttribute('role', 'group')
    card.setAttribute('aria-label', label || words.call)
    const state = make('p', 'state')
    const say = make('p', 'say')
    const told = make('div', 'told')
    told.setAttribute('role', 'status')
    told.append(state, say)
    const time = make('p', 'time')
    const mute = button('mute', words.mute, () => {
      deeds.mute(!(this.shown?.muted ?? false))
    })
    const pad = make('div', 'pad')
    for (const key of KEYS) {
      const one = button('key', key, () => {
        deeds.key(key)
      })
      one.setAttribute('aria-label', words.key(key))
      pad.append(one)
    }
    pad.hidden = true
    const keys = button('keys', words.keys, () => {
      pad.hidden = !pad.hidden
      keys.setAttribute('aria-expanded', String(!pad.hidden))
    })
    const end = button('end', words.end, deeds.end)
    const again = button('again', words.again, deeds.press)
    const talk = make('div', 'row')
    talk.append(mute, keys, end)
    const after = make('div', 'row')
    after.append(again, button('close', words.close, deeds.close))
    card.append(told, time, pad, talk, after)
    this.root.append(open, card)
    this.part = { open, card, state, time, say, talk, after, pad, mute, keys, end, again }
  }

  show(shown: Shown): void {
    const before = this.shown
    this.shown = shown
    const { part, words } = this
    const talking = shown.state === 'talking'
    part.open.hidden = shown.state !== 'idle'
    part.card.hidden = shown.state === 'idle'
    part.talk.hidden = !busy(shown)
    part.after.hidden = shown.state !== 'over'
    part.time.hidden = part.mute.hidden = part.keys.hidden = !talking
    part.end.textContent = talking ? words.end : words.cancel
    if (!talking) {
      part.pad.hidden = true
      part.keys.setAttribute('aria-expanded', 'false')
    }
    part.mute.textContent = shown.muted ? words.unmute : words.mute
    part.mute.setAttribute('aria-pressed', String(shown.muted))
    if (shown.state !== 'idle')
      part.state.textContent = shown.trouble ? words.trouble[shown.trouble] : words[shown.state]
    part.state.classList.toggle('long', shown.trouble !== '')
    part.say.textContent = this.more(shown)
    this.tick()
    // the button that was pressed is gone: keep the keyboard where the visitor is
    if (before && before.state !== shown.state && (before.state === 'idle' || before.state === 'over'))
      part.end.focus()
    if (before && busy(before) && shown.state === 'over') part.again.focus()
    if (before?.state === 'over' && shown.state === 'idle') part.open.focus()
  }

  /** The clock of the call. */
  tick(): void {
    if (this.shown?.state !== 'talking') return
    const seconds = Math.max(0, Math.floor((Date.now() - this.shown.since) / 1000))
    this.part.time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  }

  private more({ muted, wait_s, opens_ms }: Shown): string {
    if (muted) return this.words.muted
    if (opens_ms) {
      const when = new Intl.DateTimeFormat(this.language === 'zh' ? 'zh-CN' : 'en', {
        weekday: 'short',
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
      })
      return this.words.opens(when.format(opens_ms))
    }
    return wait_s ? this.words.wait(wait_s) : ''
  }
}

function make(tag: 'div' | 'p', name: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = name
  return made
}

function button(name: string, text: string, press: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = name
  made.textContent = text
  made.addEventListener('click', press)
  return made
}

function handset(): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  const path = document.createElementNS(space, 'path')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', HANDSET)
  path.setAttribute('fill', 'currentColor')
  svg.append(path)
  return svg
}
