/** What the mock centre's machine heard and found in a call: words for each talk, verdicts from its facts. Pure. */

import type { Assessment, Finding, Transcript, Turn, VerdictKind } from '../src/api/quality-types'
import type { CallWithFacts, Fact } from '../src/api/types'
import { Chance } from './chance.ts'
import { PARTS, RULES } from './quality-book.ts'

export const BOOK_VERSION = '2026.1'
const QUIET_MS = 3_000

const AGENT_SAYS = [
  '好的，我帮您看一下订单。',
  '请问您的订单号是多少？',
  '跟您核对一下，手机号是13800138021，对吗？',
  '我理解您的心情，我们马上处理。',
  '改签需要补差价86元，您看可以吗？',
  '已经帮您改到明天上午10点20分的航班。',
  '短信稍后会发到您的手机上。',
]
const CALLER_SAYS = [
  '我想问一下我的机票能不能改签。',
  '嗯，好的。',
  '我姓王，订单尾号是4021。',
  '那要多久才能退款？',
  '你们上次答应三天，到现在还没消息。',
  '可以，那就改到明天上午吧。',
  '行，谢谢你。',
]
const GREETING = '您好，这里是云程旅行，工号1001，请问有什么可以帮您？'
const BARE = '喂，什么事？'
const WAIT = '这个问题需要一些时间查询，请您稍等，好吗？'
const THANK = '您好，感谢您的耐心等待。'
const RETORT = '那我也没办法，这是规定。'
const MORE = '请问还有什么可以帮您？'
const FAREWELL = '感谢来电，祝您生活愉快，再见！'
const BYE = '好，拜拜。'

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })

function seedOf(id: string): number {
  return [...id].reduce((sum, sign) => sum * 31 + sign.charCodeAt(0), 7) % 100_000
}

interface Talk {
  party: 'caller' | 'agent'
  from: number
  to: number
  text: string
}

interface Course {
  talks: Talk[]
  greeted: boolean
  retort: boolean
  farewell: boolean
  more: boolean
  words: boolean
}

/** What everybody says, the same each time it is asked. */
function courseOf(call: CallWithFacts): Course {
  const chance = new Chance(seedOf(call.id))
  const course: Course = {
    talks: [],
    greeted: chance.hit(0.75),
    retort: chance.hit(0.12),
    farewell: chance.hit(0.7),
    more: chance.hit(0.6),
    words: !chance.hit(0.12),
  }
  const facts = call.facts.filter((fact) => fact.kind === 'talk' && fact.party !== 'centre')
  const own = facts.filter((fact) => fact.party === 'agent')
  const resumed = call.facts.find((fact) => fact.kind === 'resumed')?.at_ms ?? 0
  let thanked = false
  for (const fact of facts) {
    const party = fact.party as 'caller' | 'agent'
    const from = Number(fact['began_ms'])
    let text = chance.pick(party === 'agent' ? AGENT_SAYS : CALLER_SAYS)
    if (party === 'agent') {
      const place = own.indexOf(fact)
      if (place === 0) text = course.greeted ? GREETING : BARE
      else if (place === own.length - 1) text = course.farewell ? FAREWELL : BYE
      else if (place === own.length - 2 && course.more) text = MORE
      else if (place === 3 && course.retort) text = RETORT
      else if (heldAfter(call.facts, fact)) text = WAIT
      else if (resumed && from > resumed && !thanked) {
        thanked = true
        text = THANK
      }
    }
    course.talks.push({ party, from, to: Number(fact['ended_ms']), text })
  }
  return course
}

function heldAfter(facts: readonly Fact[], talk: Fact): boolean {
  const end = Number(talk['ended_ms'])
  return facts.some((fact) => fact.kind === 'held' && fact.at_ms >= end && fact.at_ms < end + 1_500)
}

function turnOf(talk: Talk, hidden: boolean): Turn {
  const words = [...segmenter.segment(talk.text)].filter((one) => one.isWordLike)
  const signs = words.reduce((sum, one) => sum + one.segment.length, 0) || 1
  const each = (talk.to - talk.from) / signs
  let at = talk.from
  const mask = (text: string) =>
    hidden ? text.replaceAll(/\d{7,}/g, (digits) => '＊'.repeat(digits.length)) : text
  return {
    party: talk.party,
    from_ms: talk.from,
    to_ms: talk.to,
    text: mask(talk.text),
    words: words.map((one, i): Turn['words'][number] => {
      const from = at
      at += each * one.segment.length
      return [mask(one.segment), Math.round(from), Math.round(at), i % 17 === 11 ? 0.41 : 0.93]
    }),
    masked: hidden && /\d{7,}/.test(talk.text),
  }
}

export function transcriptOf(call: CallWithFacts, hidden = false): Transcript {
  const course = courseOf(call)
  if (!course.words) return { turns: [], state: 'none', by: '', why: { code: 'no_recogniser' } }
  return {
    turns: course.talks.map((talk) => turnOf(talk, hidden)),
    state: 'done',
    by: 'whisper base',
  }
}

const two = (zh: string, en: string) => ({ zh, en })

function judge(call: CallWithFacts, course: Course): Finding[] {
  const found: Finding[] = []
  const say = (
    id: string,
    verdict: VerdictKind,
    from: number,
    to: number,
    expected: [string, string],
    what: [string, string],
    confidence = 0.95,
  ) => {
    const rule = RULES.find((one) => one.id === id)
    if (!rule) throw new Error(`no rule ${id}`)
    const silent = rule.looks_at.includes('P') && !course.words
    found.push({
      id: `${id}.${Math.round(from - call.began_ms)}`,
      rule: id,
      title: rule.title,
      part: rule.part,
      source: rule.source,
      severity: rule.severity,
      points: rule.points,
      version: rule.version,
      verdict: silent ? 'unsure' : verdict,
      party: 'agent',
      agent: call.agent ?? '',
      scored: true,
      from_ms: Math.round(from),
      to_ms: Math.round(to),
      expected: two(...expected),
      found: silent ? two('未评判', 'not judged') : two(...what),
      hint: rule.hint,
      reason: rule.reason,
      confidence: silent ? 0 : confidence,
    })
  }
  const own = course.talks.filter((talk) => talk.party === 'agent')
  const [first, last] = [own[0], own.at(-1)]
  const rang = call.facts.find((fact) => fact.kind === 'agent_ringing')?.at_ms ?? call.began_ms
  const answered = call.bridged_ms ?? rang
  const ringing = ((answered - rang) / 1000).toFixed(1)
  say(
    'open.third-ring',
    answered - rang < 10_000 ? 'pass' : 'breach',
    rang,
    answered,
    ['10 秒内应答', 'an answer within 10 s'],
    [`${ringing} 秒后应答`, `answered after ${ringing} s`],
    1,
  )
  if (first)
    say(
      'open.greeting',
      course.greeted ? 'pass' : 'breach',
      first.from,
      first.to,
      ['接通后 3 秒内说开头语', 'the opening within 3 s of the answer'],
      course.greeted ? ['说了开头语', 'the opening was said'] : [`说的是“${BARE}”`, `“${BARE}” was said`],
      0.92,
    )
  if (first && !course.greeted)
    say(
      'open.taboo',
      'breach',
      first.from,
      first.from + 900,
      ['用“您好”开头', 'a greeting'],
      ['“喂，什么事”', '“喂，什么事”'],
      0.88,
    )
  for (const fact of call.facts) {
    if (fact.kind !== 'held') continue
    const back =
      call.facts.find((one) => one.kind === 'resumed' && one.at_ms > fact.at_ms)?.at_ms ?? fact.at_ms
    const asked = own.some((talk) => talk.text === WAIT && Math.abs(talk.to - fact.at_ms) < 1_500)
    say(
      'wait.announce',
      asked ? 'pass' : 'breach',
      fact.at_ms - 3_000,
      fact.at_ms,
      ['保持前说明原因并征得同意', 'a reason and leave before the hold'],
      asked ? ['保持前说明了', 'said before the hold'] : ['没有说明就保持', 'put on hold without a word'],
      0.9,
    )
    const thanked = own.find((talk) => talk.text === THANK && talk.from > back)
    say(
      'wait.thank',
      thanked ? 'pass' : 'breach',
      back,
      thanked?.to ?? back + 5_000,
      ['等待后 5 秒内致谢', 'thanks within 5 s after the wait'],
      thanked ? ['致谢了', 'thanked'] : ['没有致谢', 'no thanks'],
      0.86,
    )
  }
  course.talks.slice(1).forEach((talk, i) => {
    const before = course.talks[i] as Talk
    const gap = talk.from - before.to
    const held = call.facts.some(
      (fact) => fact.kind === 'held' && fact.at_ms >= before.to - 1_000 && fact.at_ms < talk.from,
    )
    if (gap > QUIET_MS && !held && before.party === 'caller') {
      const s = (gap / 1000).toFixed(1)
      say(
        'wait.announce',
        'breach',
        before.to,
        talk.from,
        ['静默超过 3 秒要先打招呼', 'a word before more than 3 s of silence'],
        [`${s} 秒没有说话`, `${s} s without a word`],
        1,
      )
    }
    if (gap < -400 && talk.party === 'agent')
      say(
        'listen.interrupt',
        gap < -700 ? 'breach' : 'unsure',
        talk.from,
        before.to,
        ['等对方说完', 'the caller finishes'],
        ['抢话', 'cut in'],
        0.6,
      )
  })
  const number = own.find((talk) => talk.text.includes('核对'))
  if (number)
    say(
      'verify.readback',
      'pass',
      number.from,
      number.to,
      ['复述号码', 'the number read back'],
      ['复述了', 'read back'],
      0.83,
    )
  const retort = own.find((talk) => talk.text === RETORT)
  if (retort)
    say(
      'ban.retort',
      'breach',
      retort.from,
      retort.to,
      ['不顶撞', 'no retort'],
      ['“那我也没办法”', '“那我也没办法”'],
      0.84,
    )
  if (last) {
    say(
      'close.more',
      course.more ? 'pass' : 'breach',
      last.from - 4_000,
      last.from,
      ['再问需求', 'asked what else'],
      course.more ? ['问了', 'asked'] : ['没有问', 'not asked'],
      0.87,
    )
    say(
      'close.farewell',
      course.farewell ? 'pass' : 'breach',
      last.from,
      last.to,
      ['规范结束语', 'the farewell'],
      course.farewell ? ['说了结束语', 'said'] : ['说的是“拜拜”', '“拜拜” was said'],
      0.9,
    )
  }
  const end = call.ended_ms ?? answered
  const theirs = call.ended_by === 'caller'
  say(
    'ban.hangup',
    theirs ? 'pass' : 'breach',
    end - 1_500,
    end,
    ['来电方先挂机', 'the caller hangs up first'],
    theirs ? ['来电方先挂机', 'the caller did'] : ['坐席先挂机', 'the agent did'],
    1,
  )
  return found.sort((a, b) => a.from_ms - b.from_ms)
}

/** A score of verdicts, as the machine or somebody else has them. */
export function scoreOf(
  verdicts: readonly { part: string; points: number; verdict: string | null }[],
): Assessment['score'] {
  const parts = PARTS.map((part) => {
    const own = verdicts.filter(
      (one) => one.part === part.id && (one.verdict === 'pass' || one.verdict === 'breach'),
    )
    const possible = own.reduce((sum, one) => sum + one.points, 0)
    const kept = own.filter((one) => one.verdict === 'pass').reduce((sum, one) => sum + one.points, 0)
    return { part: part.id, title: part.title, kept, possible }
  }).filter((part) => part.possible > 0)
  const possible = parts.reduce((sum, part) => sum + part.possible, 0)
  const kept = parts.reduce((sum, part) => sum + part.kept, 0)
  return { total: possible ? Math.round((1000 * kept) / possible) / 10 : null, parts }
}

export function assessmentOf(call: CallWithFacts): Assessment {
  const course = courseOf(call)
  const findings = judge(call, course)
  const judged = new Set(findings.map((one) => one.rule))
  return {
    call: call.id,
    version: BOOK_VERSION,
    judged_ms: (call.ended_ms ?? 0) + 2_000,
    agent: call.agent,
    agent_name: call.agent_name,
    words: course.words,
    fatal: findings.some((one) => one.verdict === 'breach' && one.severity === 'fatal'),
    score: scoreOf(findings),
    findings,
    not_applicable: RULES.filter((rule) => !judged.has(rule.id) && !rule.looks_at.includes('H')).map(
      (rule) => rule.id,
    ),
    by_people: RULES.filter((rule) => rule.looks_at.join('') === 'H').map((rule) => rule.id),
    inspections: [],
    state: 'judged',
    appeal_until_ms: null,
  }
}
