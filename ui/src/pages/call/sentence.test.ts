import { describe, expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

import type { Fact } from '@/api/types'
import { formats } from '@/format/time'
import en from '@/text/en'
import zh from '@/text/zh-CN'
import { MockCentre } from '../../../mock/centre'
import { sentenceOf, type Words } from './sentence'

function words(locale: 'zh-CN' | 'en'): Words {
  const { t, te } = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } }).global
  return {
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    format: formats(locale, 'Asia/Shanghai'),
    queue: () => '业务咨询',
    agent: (id) => (id ? '李建国' : ''),
    number: (n) => n,
  }
}

const fact = (kind: string, fields: object = {}): Fact => ({
  seq: 1,
  at_ms: 0,
  kind,
  party: 'caller',
  ...fields,
})

test('reads as a person would say it', () => {
  const say = (kind: string, fields?: object) => sentenceOf(fact(kind, fields), words('zh-CN'))
  expect(say('keys', { digits: '1' })).toBe('来电方按键 1')
  expect(say('keys', { digits: '', spoke: true })).toBe('来电方没有按键，而是开口说话')
  expect(say('offer_made', { agent: 'a', waited_ms: 72_000 })).toBe(
    '分配给李建国，已等待 1分钟12秒钟'.replace('秒钟', '秒'),
  )
  expect(say('ended', { by: 'caller', reason: 'normal' })).toBe('来电方挂机，正常结束')
  expect(say('ended', { by: 'centre', reason: 'switch_lost' })).toBe('中心结束通话，交换机中断')
  expect(say('callback_placed', { agent: 'a', callee: '138', attempt: 2 })).toBe(
    '李建国接受回拨，呼叫 138，第 2 次',
  )
  expect(say('prompt', { prompts: ['position-before', 'number.over-100', 'position-after'] })).toBe(
    '播放语音：您前面还有 100 多 位客户在等待',
  )
  expect(say('prompt', { prompts: ['callback-agreed', 'goodbye'] })).toBe('播放语音：稍后给您回电 结束语')
  expect(say('dropped', { agent: 'a', reason: 'media_timeout' })).toBe('通话中线路中断：语音中断')
  expect(say('redial_missed', { agent: 'a', reason: 'not_allowed' })).toBe('李建国没有回拨：不允许呼叫该号码')
  expect(say('redial_missed', { agent: 'a', reason: 'busy', callee: '138' })).toBe(
    '李建国回拨未成：忙线，不再回拨',
  )
  expect(say('offer_made', { agent: 'a', waited_ms: 0 })).toBe('分配给李建国，没有等待')
  expect(say('voicemail_left', { queue: 'general', length_ms: 12_000 })).toBe('留言已交给“业务咨询”，12秒')
  expect(say('voicemail_given', { queue: 'general', agent: '1001' })).toMatch(/^留言交由 .+ 处理$/)
  expect(say('voicemail_done', { queue: 'general', by: 'leader' })).toMatch(/^.+ 处理完留言$/)
  expect(say('voicemail_discarded', { why: 'short' })).toBe('留言作废：太短或没有说话')
  expect(say('urgent', { agent: 'a', urgency: 'fire', text: '' })).toBe('李建国报告紧急情况：火灾')
  expect(say('urgent', { agent: 'a', urgency: 'fire', text: '三楼' })).toBe('李建国报告紧急情况：火灾，三楼')
  expect(say('said', { text: '我想改签。' })).toBe('来电方说：“我想改签。”')
  expect(say('promised', { agent: 'a', what: 'callback', due_ms: 0 })).toBe(
    '李建国承诺回电，最迟 1月1日 08:00:00',
  )
  expect(say('ticket_opened', { agent: 'a', ticket: 'T7', due_ms: null })).toBe('李建国建立工单 T7')
  expect(say('followed_up', { agent: 'a', how: 'called' })).toBe('李建国跟进：已回电')
  expect(say('help_asked', { agent: 'a' })).toBe('李建国向班长求助')
  expect(say('rated', { score: 5 })).toBe('来电方评分 5')
  expect(say('looked_up', { service: 'crm', how: 'failed', why: 'timeout', took_ms: 2000 })).toBe(
    '查询“crm”没有结果：超时，用时 2秒',
  )
  expect(say('notice', { prompts: [] })).toBe('播放录制的公告')
  expect(say('prompt', { prompts: ['position-before', 'number.3', 'position-after'] })).toBe(
    '播放语音：您前面还有 3 位客户在等待',
  )
})

test.each([
  ['', '流程走到“menu”'],
  ['open → welcome', '流程“menu”：在服务时间内，转到“welcome”'],
  ['key 9 → english', '流程“menu”：按键 9，转到“english”'],
  ['4 digits → check', '流程“menu”：输入 4 位数字，转到“check”'],
  ['→ farewell', '流程“menu”转到“farewell”'],
  ['wait_over → busy', '流程“menu”：等待超时，转到“busy”'],
  ['wrong key', '流程“menu”：按键有误'],
  ['something unheard of', '流程“menu”：something unheard of'],
])('a step that noted “%s” is told calmly', (text, sentence) => {
  expect(sentenceOf(fact('step', { flow: 'main', step: 'menu', text }), words('zh-CN'))).toBe(sentence)
})

test('who moved a call, and where to', () => {
  const say = (kind: string, fields?: object) => sentenceOf(fact(kind, fields), words('zh-CN'))
  expect(say('transfer', { queue: 'q', by: 'a', how: 'blind' })).toBe('李建国将来电方转到 业务咨询')
  expect(say('supervised', { agent: 'a', of: 'b', mode: 'whisper' })).toBe('李建国耳语指导李建国的通话')
  expect(say('parked', { by: 'a', slot: '701' })).toBe('李建国将通话驻留在 701')
  expect(
    say('seated', {
      caller: 'hold',
      seats: [
        { agent: 'a', at: 'aside' },
        { number: '139', at: 'room' },
      ],
    }),
  ).toBe('现在的位置：来电方 听音乐，李建国 私下交谈，139 通话中')
})

test('whose browser went away, and how', () => {
  const say = (kind: string, fields?: object) => sentenceOf(fact(kind, fields), words('en'))
  expect(say('line_away', { why: 'left' })).toContain('leaves the page')
  expect(say('line_away', { why: 'silent' })).toContain('Nothing comes')
  expect(say('line_back')).toContain('is back')
})

test('a recording that broke off says why', () => {
  const broken = fact('recording_failed', { detail: 'the switch stopped' })
  expect(sentenceOf(broken, words('zh-CN'))).toBe('录音中断：交换机停止')
  const full = fact('recording_failed', { detail: 'No space left on device' })
  expect(sentenceOf(full, words('zh-CN'))).toBe('录音中断：磁盘已满')
  expect(sentenceOf(full, words('en'))).toBe('Recording broke off: the disk is full')
  expect(sentenceOf(fact('recording_failed', { detail: 'odd' }), words('en'))).toBe(
    'Recording broke off: odd',
  )
  const never = fact('recording_failed', { detail: 'No space left on device', length_ms: 0 })
  expect(sentenceOf(never, words('zh-CN'))).toBe('没有录成：磁盘已满')
  expect(sentenceOf(never, words('en'))).toBe('Nothing was recorded: the disk is full')
  expect(sentenceOf(fact('recording_recovered'), words('en'))).toBe('Recording goes on')
})

describe.each(['zh-CN', 'en'] as const)('in %s', (locale) => {
  test.each(Object.keys(zh.fact))('a bare %s is still a sentence', (kind) => {
    const sentence = sentenceOf(fact(kind), words(locale))
    expect(sentence).not.toBe('')
    expect(sentence).not.toMatch(/[{}]|undefined|NaN|null|fact\./)
  })

  test('all that a day brings is told without a hole', () => {
    const centre = new MockCentre(Date.UTC(2026, 4, 6))
    for (const script of centre.scripts.values())
      for (const one of script.facts)
        expect(sentenceOf(one, words(locale))).not.toMatch(/[{}]|undefined|NaN|null|fact\./)
  })
})
