/** The configuration of the mock centre: that of a small travel company. */

import type { Table } from '../src/pages/settings/draft/plain'
import type { Parts } from '../src/api/settings-types'
import { AGENTS, BREAKS_OF_MOCK, COMPANY, HOTLINE, QUEUES } from './people.ts'

const SKILLS = { zh: '普通话', en: '英语', complaints: '投诉处理' }

export function partsOfMock(): Parts {
  return {
    company: { name: COMPANY.zh, name_en: COMPANY.en },
    numbers: [
      { number: HOTLINE, name: '客服热线', flow: 'main', public: true },
      { number: '4001', name: '人工服务', queue: 'enquiry', public: true },
      { number: '4100', name: '回声测试', echo: true },
    ],
    flows: {
      main: {
        name: '客服热线',
        start: 'hours',
        person: 'person',
        steps: {
          hours: { do: 'hours', calendar: 'office', open: 'welcome', closed: 'closed' },
          welcome: { do: 'play', say: ['welcome'], next: 'menu' },
          menu: {
            do: 'menu',
            say: ['menu'],
            keys: { 1: 'enquiry', 3: 'complaint', 9: 'english', 0: 'person' },
            wrong: ['wrong-key'],
            nothing: ['no-key'],
            tries: 2,
          },
          enquiry: { do: 'queue', queue: 'enquiry', say: ['enquiry'], overflow: 'busy' },
          complaint: {
            do: 'queue',
            queue: 'complaint',
            say: ['complaint'],
            priority: 10,
            overflow: 'person',
          },
          english: { do: 'language', language: 'en', next: 'english-line' },
          'english-line': { do: 'queue', queue: 'english', say: ['to-person'], overflow: 'busy' },
          person: { do: 'queue', queue: 'enquiry', say: ['to-person'], overflow: 'busy' },
          busy: { do: 'hang_up', say: ['queue-full', 'goodbye'], reason: 'congestion' },
          closed: { do: 'play', say: ['closed'], next: 'message' },
          message: { do: 'voicemail', queue: 'enquiry' },
        },
      },
      survey: {
        name: '满意度调查',
        start: 'rate',
        steps: {
          rate: { do: 'rate', next: 'thanks' },
          thanks: { do: 'hang_up', say: ['survey-thanks'] },
        },
      },
    },
    calendars: {
      office: {
        name: '办公时间',
        holidays: 'CN',
        hours: { 'mon-fri': ['09:00-12:00', '13:30-18:00'], sat: ['09:00-12:00'] },
        special: { '2026-12-31': ['09:00-12:00'], '2027-01-04': ['closed'] },
      },
    },
    queues: Object.fromEntries(
      QUEUES.map((queue): [string, Table] => [
        queue.id,
        {
          name: queue.name,
          goal: `${queue.goal_ms / 1000}s`,
          goal_share: queue.goal_share,
          ...(queue.id === 'english'
            ? { skills: { en: 5 } as Table, strategy: 'best_skill' }
            : { skills: { zh: 1 } as Table }),
          ...(queue.id === 'enquiry' ? { longest_line: 50, survey: 'survey' } : {}),
        },
      ]),
    ),
    skills: SKILLS,
    people: [
      ...AGENTS.slice(0, 12).map((agent) => ({
        user: agent.id,
        name: agent.name,
        extension: agent.extension,
        queues: [...agent.queues],
        skills: { zh: 9, ...(agent.queues.includes('english') ? { en: 7 } : {}) },
      })),
      { user: 'leader', name: '何静', role: 'shift_leader' },
      { user: 'admin', name: '系统管理员', role: 'administrator' },
    ],
    endpoints: AGENTS.slice(0, 12).map((agent) => ({ endpoint: agent.extension, person: agent.id })),
    trunks: [{ trunk: 'city', name: '市话中继', target: '203.0.113.5:5060', sources: ['203.0.113.0/28'] }],
    outbound: {
      rules: [{ rule: 'city', who: ['agent', 'shift_leader'], prefixes: ['0'], trunks: ['city'], strip: 1 }],
      emergency: ['110', '119', '120', '122'],
    },
    breaks: BREAKS_OF_MOCK.map((one) => ({ ...one })),
  }
}
