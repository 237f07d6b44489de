import { expect, test } from 'vitest'

import type { Warning } from '@/api/monitor-types'
import { formats } from '@/format/time'
import { warningWords } from './words'

const DISK: Warning = {
  id: 'disk:',
  kind: 'disk',
  queue: '',
  agent: '',
  value: 4_096,
  limit: 3_276_800,
  book: '',
  unit: 'bytes',
  since_ms: 0,
  seen_by: '',
  seen_by_name: '',
  seen_ms: null,
}

test('a small disk is told in its own unit', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ')
  expect(warningWords(DISK, 0, t, formats('zh-CN', 'Asia/Shanghai'))).toBe(
    'monitor.warning.disk 4.1 kB 3.28 MB',
  )
})
