/** What stands on the mock desk from the start: dispositions, places, what is owed to callers, today's figures. */

import type { DeskCall, DeskFigures, Disposition, Tasks } from '../src/api/desk-types'
import { CALLERS, HOTLINE } from './people.ts'

export const PLACES: Record<string, [string, string]> = {
  '138': ['北京', 'Beijing'],
  '139': ['上海', 'Shanghai'],
  '186': ['广东深圳', 'Shenzhen, Guangdong'],
  '010': ['北京', 'Beijing'],
}

const leaf = (id: string, name: string, name_en: string, hours = 0): Disposition => ({
  id,
  name,
  name_en,
  deadline_ms: hours ? hours * 3_600_000 : null,
  children: [],
})
const branch = (id: string, name: string, name_en: string, children: Disposition[]): Disposition => ({
  id,
  name,
  name_en,
  deadline_ms: null,
  children,
})

export const DISPOSITIONS: Disposition[] = [
  branch('enquiry', '咨询', 'Enquiry', [
    leaf('enquiry.product', '产品', 'Product'),
    leaf('enquiry.price', '资费', 'Price'),
    leaf('enquiry.order', '订单', 'Order', 24),
    leaf('enquiry.other', '其他', 'Other', 24),
  ]),
  branch('help', '求助', 'Help', [
    leaf('help.travel', '行程', 'Journey', 4),
    leaf('help.refund', '退款', 'Refund', 24),
  ]),
  branch('complaint', '投诉', 'Complaint', [
    leaf('complaint.attitude', '服务态度', 'Attitude', 72),
    leaf('complaint.fee', '多收费', 'Overcharged', 72),
    leaf('complaint.delay', '延误', 'Delay', 72),
    leaf('complaint.refusal', '拒绝服务', 'Refusal', 72),
  ]),
  leaf('suggestion', '提议', 'Suggestion'),
  leaf('harassment', '骚扰', 'Harassment'),
  leaf('lost', '失物', 'Lost property', 24),
  leaf('emergency', '紧急', 'Emergency', 1),
]

export function figuresOf(now: number): DeskFigures {
  return {
    day_began_ms: now - 5 * 3_600_000,
    calls: 17,
    outgoing: 3,
    missed: 1,
    talk_ms: 20 * 184_000,
    wrap_up_ms: 20 * 38_000,
    ready_ms: 9_000_000,
    break_ms: 1_260_000,
    longest_break_ms: 900_000,
    breaks: 2,
    signed_in_ms: now - 4.6 * 3_600_000,
    counted_ms: now,
  }
}

export function tasksOf(me: string, now: number): Tasks {
  const owed = (kind: 'callback' | 'redial', n: number): Tasks['callbacks'][number] => ({
    id: `b${n}`,
    kind,
    state: 'waiting',
    queue: 'booking',
    number: CALLERS[n]?.[0] ?? '',
    agent: kind === 'redial' ? me : '',
    created_ms: now - n * 400_000,
    queued_ms: now - n * 400_000,
    expires_ms: now + n * 900_000,
    due_ms: null,
    ended_ms: null,
    attempts: n - 1,
    reason: '',
    origin: 'c00001',
    call: null,
  })
  return {
    redials: [owed('redial', 1)],
    callbacks: [owed('callback', 2), owed('callback', 3)],
    voicemails: [
      {
        id: 'v1',
        call: 'c00002',
        queue: 'enquiry',
        state: 'new',
        created_ms: now - 2_400_000,
        caller: '18602175530',
        caller_name: '林女士',
        number: HOTLINE,
        language: 'zh',
        length_ms: 31_000,
        taken_by: '',
        taken_ms: null,
        done_by: '',
        done_ms: null,
        note: '',
      },
    ],
  }
}

/** Two calls of the same number, days ago. */
export function earlierOf(now: number): DeskCall['earlier'] {
  return [
    {
      call: 'c00003',
      at_ms: now - 2 * 86_400_000,
      agent: 'a1002',
      agent_name: '李建国',
      queue: 'booking',
      outcome: 'answered',
      disposition: 'enquiry.order',
      summary: '询问改签手续费，已告知起飞前 24 小时免费。',
      talk_ms: 143_000,
    },
    {
      call: 'c00004',
      at_ms: now - 9 * 86_400_000,
      agent: 'a1005',
      agent_name: '欧阳思远',
      queue: 'complaint',
      outcome: 'answered',
      disposition: 'complaint.delay',
      summary: '航班延误三小时要求补偿，三个工作日内回复。',
      talk_ms: 391_000,
    },
  ]
}
