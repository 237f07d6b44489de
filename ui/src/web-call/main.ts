/**
 * A button that calls the centre from any page:
 * `<script src="https://centre/call.js" data-number="4000"></script>`.
 *
 * `data-lang` (zh, en) and `data-label` may be given; with `data-inline` the button stands where the script does,
 * else in the corner. It sets no cookie and keeps nothing.
 */

import { askFor, Refused } from './admission'
import { Line } from './line'
import { after, busy, IDLE, type Step } from './machine'
import { View } from './view'
import { languageOf, wordsOf, type Trouble } from './words'

function start(script: HTMLScriptElement): void {
  const number = script.dataset['number'] ?? ''
  const centre = new URL(script.src).origin
  const language = languageOf(script.dataset['lang'], navigator.languages)
  const host = document.createElement('div')
  host.dataset['huawuCall'] = number
  host.lang = language === 'zh' ? 'zh-CN' : 'en'
  let shown = IDLE
  let line: Line | null = null
  let attempt = 0
  let clock = 0

  function tell(step: Step): void {
    shown = after(shown, step)
    if (!busy(shown)) line = null
    window.clearInterval(clock)
    if (shown.state === 'talking') {
      clock = window.setInterval(() => {
        view.tick()
      }, 1000)
    }
    view.show(shown)
  }

  async function press(): Promise<void> {
    const mine = ++attempt
    tell({ kind: 'press' })
    let microphone: MediaStream | null = null
    try {
      microphone = await openMicrophone()
      if (mine === attempt && busy(shown)) {
        tell({ kind: 'microphone' })
        const admission = await askFor(number, centre)
        if (mine === attempt && busy(shown)) {
          line = new Line(
            admission,
            microphone,
            (step) => {
              if (mine === attempt) tell(step)
            },
            (stream) => {
              view.sound.srcObject = stream
            },
          )
          tell({ kind: 'admitted' })
          return
        }
      }
    } catch (error) {
      if (mine === attempt) {
        const refused = error instanceof Refused ? error : new Refused('unreachable')
        tell({ kind: 'failed', trouble: refused.trouble, wait_s: refused.wait_s, opens_ms: refused.opens_ms })
      }
    }
    for (const track of microphone?.getTracks() ?? []) track.stop()
  }

  const view = new View(host, wordsOf(language), language, script.dataset['label'] ?? '', {
    press: () => void press(),
    end: () => {
      if (line) line.end()
      else tell({ kind: 'ended' })
    },
    mute: (on) => line?.mute(on),
    key: (digit) => line?.key(digit),
    close: () => {
      tell({ kind: 'closed' })
    },
  })
  view.show(shown)
  window.addEventListener('pagehide', () => line?.end())
  if ('inline' in script.dataset) {
    host.toggleAttribute('inline', true)
    script.after(host)
  } else {
    document.body.append(host)
  }
}

async function openMicrophone(): Promise<MediaStream> {
  if (!window.isSecureContext) throw new Refused('insecure')
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true })
  } catch (error) {
    const refused: Trouble =
      error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError')
        ? 'microphone_refused'
        : 'microphone_missing'
    throw new Refused(refused)
  }
}

const script = document.currentScript
if (script instanceof HTMLScriptElement) {
  if (document.body) start(script)
  else
    document.addEventListener('DOMContentLoaded', () => {
      start(script)
    })
}
