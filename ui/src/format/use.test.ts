// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { createApp } from 'vue'

import { texts } from '@/text'
import zh from '@/text/zh-CN'
import { useNumbers } from './use'

test('a number is made readable; who withholds it is unknown, by whatever word', () => {
  let numberOf = (number: string | null | undefined) => number ?? ''
  const app = createApp({
    setup() {
      numberOf = useNumbers()
      return () => null
    },
  })
  app.use(texts).mount(document.createElement('div'))
  expect(numberOf('13800138021')).toBe('138\u00a00013\u00a08021')
  for (const none of ['', null, undefined, 'anonymous', 'Anonymous', 'Restricted'])
    expect(numberOf(none)).toBe(zh.calls.unknown_number)
  expect(numberOf('anonymous.fan')).toBe('anonymous.fan')
  app.unmount()
})
