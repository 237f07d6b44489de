/** What the button says, in the visitor's language. */

export type Language = 'zh' | 'en'

export type Trouble =
  | 'microphone_refused'
  | 'microphone_missing'
  | 'insecure'
  | 'not_allowed'
  | 'number'
  | 'closed'
  | 'busy'
  | 'too_many'
  | 'unreachable'
  | 'dropped'

export interface Words {
  call: string
  microphone: string
  asking: string
  calling: string
  talking: string
  over: string
  end: string
  cancel: string
  mute: string
  unmute: string
  muted: string
  keys: string
  again: string
  close: string
  key: (digit: string) => string
  opens: (when: string) => string
  wait: (seconds: number) => string
  trouble: Record<Trouble, string>
}

const ZH: Words = {
  call: '语音通话',
  microphone: '请允许使用麦克风',
  asking: '正在接通…',
  calling: '正在呼叫…',
  talking: '通话中',
  over: '通话已结束',
  end: '挂断',
  cancel: '取消',
  mute: '静音',
  unmute: '取消静音',
  muted: '已静音，对方听不到您',
  keys: '按键',
  again: '再次呼叫',
  close: '关闭',
  key: (digit) => `按键 ${digit}`,
  opens: (when) => `下次服务时间：${when}`,
  wait: (seconds) => `请 ${waitZh(seconds)}后再试。`,
  trouble: {
    microphone_refused: '麦克风未获允许。请点地址栏左侧的图标，允许本页使用麦克风，再试一次。',
    microphone_missing: '没有找到麦克风，或被其他程序占用。请接上或释放麦克风，再试一次。',
    insecure: '本页不是安全页面（https），浏览器不提供麦克风。',
    not_allowed: '本网站不能从网页呼叫这里。请改用电话。',
    number: '这个号码不能从网页呼叫。',
    closed: '现在不在服务时间。',
    busy: '线路全忙，请稍后再试。',
    too_many: '您刚才呼叫次数较多。',
    unreachable: '暂时联系不上服务中心。请检查网络，稍后再试。',
    dropped: '通话中断了。请检查网络，再试一次。',
  },
}

const EN: Words = {
  call: 'Call us',
  microphone: 'Please allow the microphone',
  asking: 'Connecting…',
  calling: 'Calling…',
  talking: 'On the line',
  over: 'The call has ended',
  end: 'Hang up',
  cancel: 'Cancel',
  mute: 'Mute',
  unmute: 'Unmute',
  muted: 'Muted: they do not hear you',
  keys: 'Keys',
  again: 'Call again',
  close: 'Close',
  key: (digit) => `Key ${digit}`,
  opens: (when) => `Open again: ${when}`,
  wait: (seconds) => `Try again in ${waitEn(seconds)}.`,
  trouble: {
    microphone_refused:
      'The microphone was not allowed. Press the icon beside the address, allow the microphone, and try again.',
    microphone_missing:
      'No microphone was found, or another program has it. Connect or free one, and try again.',
    insecure: 'This page is not secure (https), so the browser gives it no microphone.',
    not_allowed: 'This site may not call from its pages. Please use a telephone.',
    number: 'This number cannot be called from a page.',
    closed: 'We are closed at this hour.',
    busy: 'All lines are busy. Please try again in a moment.',
    too_many: 'You have called several times just now.',
    unreachable: 'The service cannot be reached. Check your network and try again later.',
    dropped: 'The call broke off. Check your network and try again.',
  },
}

const waitZh = (seconds: number) => (seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`)
const waitEn = (seconds: number) => (seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`)

/** Chinese for those whose browser prefers any kind of it, else English; the page may decide. */
export function languageOf(wish: string | undefined, preferred: readonly string[]): Language {
  const first = wish || preferred[0] || 'en'
  return first.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export const wordsOf = (language: Language): Words => (language === 'zh' ? ZH : EN)
