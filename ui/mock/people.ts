/** Who is in the mock centre: 云程旅行, a fictional travel company. */

export const COMPANY = { zh: '云程旅行', en: 'Yuncheng Travel' }
export const HOTLINE = '95580'

export const BREAKS_OF_MOCK = [
  { id: 'rest', name: '小休', name_en: 'Short break' },
  { id: 'meal', name: '用餐', name_en: 'Meal' },
  { id: 'training', name: '培训', name_en: 'Training' },
]

export const QUEUES = [
  {
    id: 'enquiry',
    name: '业务咨询',
    goal_ms: 20_000,
    goal_share: 0.8,
    weight: 5,
    key: '1',
    prompt: 'enquiry',
  },
  {
    id: 'booking',
    name: '订单改签',
    goal_ms: 20_000,
    goal_share: 0.8,
    weight: 4,
    key: '2',
    prompt: 'to-person',
  },
  {
    id: 'complaint',
    name: '投诉建议',
    goal_ms: 15_000,
    goal_share: 0.9,
    weight: 2,
    key: '3',
    prompt: 'complaint',
  },
  {
    id: 'lost',
    name: '失物查找',
    goal_ms: 20_000,
    goal_share: 0.8,
    weight: 1,
    key: '4',
    prompt: 'lost-property',
  },
  {
    id: 'english',
    name: 'English Desk 英语专席',
    goal_ms: 30_000,
    goal_share: 0.7,
    weight: 1,
    key: '9',
    prompt: 'to-person',
  },
] as const

export interface Agent {
  id: string
  name: string
  extension: string
  queues: readonly string[]
}

export const AGENTS: readonly Agent[] = [
  { id: 'a1001', name: '陈晓雯', extension: '1001', queues: ['enquiry', 'booking'] },
  { id: 'a1002', name: '李建国', extension: '1002', queues: ['enquiry', 'booking'] },
  { id: 'a1003', name: '王芳', extension: '1003', queues: ['enquiry', 'lost'] },
  { id: 'a1004', name: '赵一鸣', extension: '1004', queues: ['booking', 'english'] },
  { id: 'a1005', name: '欧阳思远', extension: '1005', queues: ['complaint', 'enquiry'] },
  { id: 'a1006', name: '刘洋', extension: '1006', queues: ['enquiry', 'booking'] },
  { id: 'a1007', name: '孙丽娟', extension: '1007', queues: ['complaint', 'lost'] },
  { id: 'a1008', name: '周子涵', extension: '1008', queues: ['booking', 'enquiry'] },
  { id: 'a1009', name: '阿依古丽·买买提', extension: '1009', queues: ['enquiry', 'lost'] },
  { id: 'a1010', name: 'Grace 何', extension: '1010', queues: ['english', 'booking'] },
]

const FAMILIES = [...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗']
const GIVEN = [
  '晓雨',
  '志远',
  '思琪',
  '一鸣',
  '雅婷',
  '俊杰',
  '海',
  '子轩',
  '梦瑶',
  '建华',
  '婷婷',
  '国强',
  '思远',
]
/** Names as long as they come. */
const LONG = ['古丽仙·阿卜杜热西提江', 'Maria del Carmen Fernández-Villaverde', '欧阳慕容雪']

/** Those who have names, and as many made up as are wanted beyond them. */
export function staffOf(count: number): Agent[] {
  const more = Array.from({ length: Math.max(0, count - AGENTS.length) }, (_, i): Agent => {
    const first = QUEUES[i % QUEUES.length] as (typeof QUEUES)[number]
    const second = QUEUES[(i * 7 + 3) % QUEUES.length] as (typeof QUEUES)[number]
    const name = `${FAMILIES[i % FAMILIES.length] ?? ''}${GIVEN[(i * 5) % GIVEN.length] ?? ''}`
    return {
      id: `a${1011 + i}`,
      name: (i % 40 === 7 && LONG[((i / 40) % LONG.length) | 0]) || name,
      extension: String(1011 + i),
      queues: first === second ? [first.id] : [first.id, second.id],
    }
  })
  return [...AGENTS.slice(0, count), ...more]
}

export const CALLERS = [
  ['13800138021', '张先生'],
  ['13911220457', ''],
  ['18602175530', '林女士'],
  ['01062348890', '北京远山商贸有限公司'],
  ['15921876604', ''],
  ['17701263318', '吴女士'],
  ['13677450912', '黄先生'],
  ['02154036677', ''],
  ['18998412076', '郑女士'],
  ['+442079460123', 'Mr Harris'],
  ['13305712846', '徐先生'],
  ['15088931745', ''],
  ['19912347765', '马女士'],
  ['13422065189', '罗先生'],
] as const
