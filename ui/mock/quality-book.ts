/** A few rules of the book, as the mock centre has them. */

import type { Book, Phrase, Rule } from '../src/api/book-types'
import type { Both, Severity } from '../src/api/quality-types'

const both = (zh: string, en: string): Both => ({ zh, en })

export const PARTS: Book['parts'] = [
  { id: 'opening', title: both('开头语', 'Opening') },
  { id: 'silent', title: both('无声与不清', 'Silent and unclear calls') },
  { id: 'during', title: both('通话中', 'During the call') },
  { id: 'bans', title: both('八不准', 'The eight bans') },
  { id: 'complaints', title: both('投诉与情绪', 'Complaints and moods') },
  { id: 'closing', title: both('结束语', 'Closing') },
  { id: 'promises', title: both('承诺与时限', 'Promises and deadlines') },
]

interface Sketch {
  id: string
  part: string
  title: [string, string]
  source: string
  severity: Severity
  points: number
  looks: string
  reason: [string, string]
  hint: [string, string]
  say?: [string, string][]
  phrases?: string[]
  thresholds?: Rule['thresholds']
}

const seconds = (s: number) => ({ value: `${s}s`, shipped: `${s}s` })

const SKETCHES: Sketch[] = [
  {
    id: 'open.third-ring',
    part: 'opening',
    title: ['三声铃响前应答', 'Answer before the third ring'],
    source: 'S3',
    severity: 'minor',
    points: 2,
    looks: 'T',
    reason: ['铃响越久，来电方越不耐烦。', 'The longer it rings, the less patient callers are.'],
    hint: ['听到铃声就接。', 'Answer when it rings.'],
    thresholds: { within: seconds(10) },
  },
  {
    id: 'open.greeting',
    part: 'opening',
    title: ['开头语：问候、报名、主动询问', 'Opening: greeting, name, offer of help'],
    source: 'S0, S1·一1, S3',
    severity: 'major',
    points: 5,
    looks: 'TP',
    reason: [
      '来电方要知道打到了哪里、谁在接待。',
      'Callers want to know where they have come and who is there for them.',
    ],
    hint: ['先问好，报公司和工号，再问需要什么帮助。', 'Greet, say company and number, then offer help.'],
    say: [
      [
        '您好，这里是云程旅行，工号 1001，请问有什么可以帮您？',
        'Hello, Yuncheng Travel, 1001 speaking, how may I help you?',
      ],
    ],
    phrases: ['greeting'],
    thresholds: { within: seconds(3) },
  },
  {
    id: 'open.taboo',
    part: 'opening',
    title: ['开头禁语：喂、什么事', 'Never open with “喂” or “what is it”'],
    source: 'S1·一',
    severity: 'major',
    points: 4,
    looks: 'P',
    reason: ['听起来像打扰了您。', 'It sounds as if the caller disturbed you.'],
    hint: ['用“您好”开头。', 'Begin with a greeting.'],
    phrases: ['taboo-opening'],
  },
  {
    id: 'silent.call',
    part: 'silent',
    title: ['无声电话三步处理', 'Silent call: three steps'],
    source: 'S1·一4',
    severity: 'major',
    points: 5,
    looks: 'TP',
    reason: ['来电方可能听得到您，只是说不出话。', 'The caller may hear you and be unable to speak.'],
    hint: [
      '问候、告知听不到、请换话机，再等三秒挂机。',
      'Greet, say that you hear nothing, ask to try another phone, wait 3 s.',
    ],
    thresholds: { silence: seconds(4), after: seconds(3) },
  },
  {
    id: 'wait.announce',
    part: 'during',
    title: ['查询前先说明并征得同意', 'Say why and ask leave before a wait'],
    source: 'S1·三1, S2',
    severity: 'major',
    points: 4,
    looks: 'TP',
    reason: ['不打招呼的静默让人以为掉线了。', 'Silence without a word sounds like a lost line.'],
    hint: [
      '这个问题需要一些时间查询，请您稍等，好吗？',
      'This will take a moment to look up; may I ask you to wait?',
    ],
    say: [
      [
        '这个问题可能需要一些时间查询，请您稍等，好吗？',
        'This may take a moment to look up, could you wait, please?',
      ],
    ],
    phrases: ['ask-wait'],
    thresholds: { silence: seconds(3) },
  },
  {
    id: 'wait.thank',
    part: 'during',
    title: ['等待后致谢', 'Thank after a wait'],
    source: 'S1·三2, S2',
    severity: 'minor',
    points: 2,
    looks: 'TP',
    reason: ['来电方把时间给了您。', 'The caller gave you time.'],
    hint: ['您好，感谢您的耐心等待。', 'Thank you for waiting.'],
    say: [['您好，感谢您的耐心等待。', 'Thank you for waiting.']],
    phrases: ['thank-wait'],
    thresholds: { wait: seconds(10), within: seconds(5) },
  },
  {
    id: 'listen.interrupt',
    part: 'during',
    title: ['不抢话', 'Do not cut in'],
    source: 'S0, S3, S4',
    severity: 'minor',
    points: 3,
    looks: 'V',
    reason: ['被打断的人会从头再说一遍。', 'Who is cut off begins again.'],
    hint: ['等对方说完再开口。', 'Wait until the caller has finished.'],
    thresholds: { overlap: seconds(1), times: { value: 2, shipped: 2 } },
  },
  {
    id: 'voice.loudness',
    part: 'during',
    title: ['不提高音量', 'Do not raise the voice'],
    source: 'S1',
    severity: 'major',
    points: 4,
    looks: 'V',
    reason: ['音量高了就是争执。', 'A raised voice is a quarrel.'],
    hint: ['压低声音，放慢语速。', 'Lower your voice, slow down.'],
    thresholds: { rise: { value: 6, shipped: 6 }, lasting: seconds(2) },
  },
  {
    id: 'verify.readback',
    part: 'during',
    title: ['号码地名要复述核对', 'Read numbers and places back'],
    source: 'S1',
    severity: 'major',
    points: 4,
    looks: 'PW',
    reason: ['错一位，后面全错。', 'One wrong digit spoils all that follows.'],
    hint: ['跟您核对一下号码……', 'Let me read the number back …'],
    phrases: ['readback'],
    thresholds: { within: seconds(15) },
  },
  {
    id: 'ask.open-closed',
    part: 'during',
    title: ['先开放式提问，再封闭式确认', 'Open questions first, closed ones to confirm'],
    source: 'S0, S3',
    severity: 'minor',
    points: 2,
    looks: 'H',
    reason: ['先听需求，再确认细节。', 'Learn the need first, then confirm.'],
    hint: ['“请您详细说说”在前，“是不是”在后。', '“Tell me more” before “is it …”.'],
  },
  {
    id: 'plain.words',
    part: 'during',
    title: ['不用行话，句子短', 'Plain words, short sentences'],
    source: 'S0, S3, S4',
    severity: 'minor',
    points: 2,
    looks: 'H',
    reason: ['听不懂就等于没说。', 'What is not understood was not said.'],
    hint: ['把术语换成日常说法。', 'Say it as at home.'],
  },
  {
    id: 'ban.retort',
    part: 'bans',
    title: ['不顶撞、不推脱', 'No retort, no shifting of blame'],
    source: 'S1',
    severity: 'fatal',
    points: 10,
    looks: 'P',
    reason: ['一句顶撞，客户就走了。', 'One retort loses a customer.'],
    hint: ['先道歉，再想办法。', 'Apologise first, then find a way.'],
    phrases: ['retorts'],
  },
  {
    id: 'ban.hangup',
    part: 'bans',
    title: ['坐席不得先挂机', 'The agent never hangs up first'],
    source: 'S1, S2',
    severity: 'fatal',
    points: 10,
    looks: 'T',
    reason: ['先挂机的是来电方。', 'It is for the caller to end the call.'],
    hint: ['说完再见，等对方挂机。', 'Say goodbye and wait.'],
  },
  {
    id: 'complaint.steps',
    part: 'complaints',
    title: ['投诉处理步骤', 'Steps of a complaint'],
    source: 'S3, S4',
    severity: 'major',
    points: 5,
    looks: 'PH',
    reason: ['一步不少，客户才觉得被重视。', 'Only all steps show that it is taken seriously.'],
    hint: ['报姓名和职务，听完再道歉。', 'Name and role, listen, then apologise.'],
  },
  {
    id: 'close.more',
    part: 'closing',
    title: ['结束前再问需求', 'Ask what else before closing'],
    source: 'S1·五, S2, S3',
    severity: 'minor',
    points: 3,
    looks: 'P',
    reason: ['免得再打一次。', 'It saves a second call.'],
    hint: ['请问还有什么可以帮您？', 'Is there anything else I can do for you?'],
    say: [['请问还有什么可以帮您？', 'Is there anything else I can do for you?']],
    phrases: ['anything-else'],
  },
  {
    id: 'close.farewell',
    part: 'closing',
    title: ['规范结束语', 'Standard farewell'],
    source: 'S0, S1·一5, S3',
    severity: 'major',
    points: 4,
    looks: 'P',
    reason: ['最后一句话最容易被记住。', 'The last words are remembered.'],
    hint: ['感谢来电，祝您生活愉快，再见！', 'Thank you for calling, have a pleasant day, goodbye.'],
    say: [['感谢来电，祝您生活愉快，再见！', 'Thank you for calling, have a pleasant day, goodbye.']],
    phrases: ['farewell'],
  },
  {
    id: 'promise.kept',
    part: 'promises',
    title: ['承诺按时兑现', 'Promises are kept in time'],
    source: 'S1',
    severity: 'fatal',
    points: 8,
    looks: 'W',
    reason: ['失信一次，前功尽弃。', 'One broken promise spoils all.'],
    hint: ['到点前先回个电话。', 'Call before it is due.'],
  },
]

const pair = ([zh, en]: [string, string]) => both(zh, en)

export const RULES: readonly Rule[] = SKETCHES.map((one) => ({
  id: one.id,
  part: one.part,
  title: pair(one.title),
  source: one.source,
  severity: one.severity,
  points: one.points,
  looks_at: [...one.looks],
  reason: pair(one.reason),
  hint: pair(one.hint),
  say: (one.say ?? []).map(pair),
  banned: [],
  thresholds: one.thresholds ?? {},
  phrases: one.phrases ?? [],
  off: false,
  version: 1,
  changed: false,
  shipped: { points: one.points, severity: one.severity, off: false },
}))

const phrase = (id: string, zh: string[], en: string[], how = 'close'): Phrase => ({
  id,
  zh,
  en,
  how,
  negatable: false,
  changed: false,
  shipped: { zh, en },
})

export const PHRASES: readonly Phrase[] = [
  phrase(
    'greeting',
    ['您好，很高兴为您服务', '您好，这里是{公司}', '请问有什么可以帮您'],
    ['how may I help you'],
  ),
  phrase('taboo-opening', ['喂', '什么事', '你说吧'], ['what is it', 'yeah'], 'opening'),
  phrase('ask-wait', ['请您稍等', '需要一些时间查询'], ['could you wait', 'one moment please']),
  phrase('thank-wait', ['感谢您的耐心等待', '让您久等了'], ['thank you for waiting']),
  phrase('readback', ['跟您核对一下', '您的号码是'], ['let me read that back']),
  phrase('retorts', ['我也没办法', '这不关我的事', '你怎么不讲道理'], ['not my problem', 'nothing I can do']),
  phrase('anything-else', ['还有什么可以帮您'], ['anything else']),
  phrase('farewell', ['感谢来电', '祝您生活愉快', '再见'], ['thank you for calling', 'goodbye']),
]
