import { describe, expect, test } from 'vitest'

import { texts } from '@/text'
import flow from '../text/zh-CN'
import { whyOf } from './why'

texts.global.mergeLocaleMessage('zh-CN', flow)
const { t, te } = texts.global
const why = (kind: string, code: string) => whyOf({ kind: kind as never, why: code }, { t, te } as never)

describe('the tape says why in words', () => {
  test.each([
    ['step', 'key 1 → enquiry', '按键 1 → enquiry'],
    ['step', 'closed, opened by hand → menu', '不在服务时间，班长已打开 → menu'],
    ['step', 'not found', '没有找到'],
    ['step', '→ next', '→ next'],
    ['ends', 'normal', '正常结束'],
    ['leads', 'wait_over enquiry', '等待超时'],
    ['leads', 'survey after-call', '满意度调查'],
    ['leads', 'no_answer', '无人接听'],
    ['recorded', 'short', '太短或没有说话'],
  ])('%s: %s', (kind, code, told) => {
    expect(why(kind, code)).toBe(told)
  })

  test('a look-up that failed says of what', () => {
    expect(why('looks_up', 'found')).toBe('已找到')
    expect(why('looks_up', 'failed timeout')).toContain('没有结果 · ')
    expect(why('looks_up', 'failed timeout')).not.toContain('timeout')
  })

  test('what says nothing more is left out', () => {
    expect(why('language', 'en')).toBe('')
    expect(why('leads', 'mystery')).toBe('')
    expect(why('ends', '')).toBe('')
  })
})
