/** The hints of a mock call: one of each kind in turn, as a caller without a voice would bring them about. */

import type { DeskCall, Hint } from '../src/api/desk-types'

type Made = Pick<Hint, 'rule' | 'kind' | 'title' | 'say' | 'hint' | 'step' | 'of_steps'>

const NOTHING = { zh: '', en: '' }
const GREETING: Made = {
  rule: 'open.greeting',
  kind: 'expect',
  title: { zh: '三秒内报标准开头语', en: 'Standard opening within 3 s' },
  say: { zh: '您好，很高兴为您服务，请问有什么可以帮您？', en: 'Good day, how may I help you?' },
  hint: NOTHING,
  step: 0,
  of_steps: 0,
}
const SILENT = { zh: '无声电话', en: 'Silent call' }
const SECOND: Made = {
  rule: 'silent.call',
  kind: 'procedure',
  title: SILENT,
  say: {
    zh: '您好，听不到您的声音，请问有什么可以帮助您？',
    en: 'Hello, I cannot hear you. How may I help you?',
  },
  hint: { zh: '等对方三到五秒，再说下一句', en: 'Give them three to five seconds, then go on' },
  step: 2,
  of_steps: 4,
}
const THIRD: Made = {
  ...SECOND,
  say: {
    zh: '对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！',
    en: 'I am sorry, there is no sound on your line. Please call again from another telephone. Goodbye!',
  },
  step: 3,
}
const SILENCE: Made = {
  rule: 'wait.announce',
  kind: 'warn',
  title: { zh: '查询前说明并征得同意', en: 'Say why they wait, and ask leave' },
  say: {
    zh: '这个问题可能需要一些时间查询，请您稍等，好吗？',
    en: 'This will take a moment to look up. May I?',
  },
  hint: { zh: '客户在空等，说一句再查', en: 'The caller waits in silence: say so first' },
  step: 0,
  of_steps: 0,
}

/** From and to after the answer, and for how long it must wait, in ms. */
const SCRIPT: readonly [number, number, number | null, Made][] = [
  [300, 3_300, null, GREETING],
  [6_000, 11_000, 3_000, SECOND],
  [11_000, 16_000, 3_000, THIRD],
  [19_000, 23_000, null, SILENCE],
]
const ROUND_MS = 30_000

/** What the book would say of this call now. */
export function hintOf(call: DeskCall, now: number): Hint | null {
  if (call.state !== 'talking' || call.answered_ms === null || call.held_by.length) return null
  const round = Math.floor((now - call.answered_ms) / ROUND_MS)
  const began = call.answered_ms + round * ROUND_MS
  for (const [from, to, wait, made] of SCRIPT)
    if (now >= began + from && now < began + to)
      return {
        call: call.id,
        ...made,
        since_ms: began + from,
        not_before_ms: wait === null ? null : began + from + wait,
        due_ms: began + to - (made.kind === 'warn' ? 1_000 : 0),
      }
  return null
}
