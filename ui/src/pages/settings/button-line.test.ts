import { describe, expect, test } from 'vitest'

import type { Plain } from '@/api/settings-types'
import { buttonLine } from './button-line'

const NUMBERS: Plain[] = [
  { number: '4100', echo: true },
  { number: '95580', flow: 'main', public: true },
  { number: '4001', queue: 'enquiry', public: true },
]
const line = (parts: Parameters<typeof buttonLine>[0]) => buttonLine(parts, 'https://desk.example.com')

describe('the line for a web site’s pages', () => {
  test('names this centre and the number that visitors may call', () => {
    expect(line({ numbers: NUMBERS, web_callers: { numbers: ['4001'] } })).toBe(
      '<script src="https://desk.example.com/call.js" data-number="4001"></script>',
    )
  })

  test('names a number open to strangers while none is chosen, never one that is not', () => {
    expect(line({ numbers: NUMBERS })).toContain('data-number="95580"')
    expect(line({ numbers: NUMBERS.slice(0, 1) })).toContain('data-number=""')
  })
})
