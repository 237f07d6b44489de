import { describe, expect, test } from 'vitest'

import { ApiError } from '@/api/client'
import type { Disposition, Note } from '@/api/desk-types'
import type { AgentView, QueueView } from '@/api/types'
import { formats } from '@/format/time'
import { choicesOf, dialable, targetOf } from './chooser'
import { AGAIN_MS, BREATH_MS, NoteKeeper } from './notes'
import { causeOf, causeWords } from './words'
import { deadlineOf, EMPTY_DRAFT, leafOf, pathTo, rowsOf } from './wrapup'

describe('notes', () => {
  /** The centre's side of a note, and a clock that is moved by hand. */
  function scene(text = '', version = 0) {
    let note: Note = { call: 'c', text, version, by: '1002', at_ms: 0 }
    let down = false
    const timers = new Map<number, { act: () => void; at: number }>()
    let now = 0
    let serial = 0
    const writes: string[] = []
    const keeper = new NoteKeeper({
      load: () => (down ? Promise.reject(new ApiError(0, 'unreachable', '')) : Promise.resolve(note)),
      write: (wanted, at) => {
        if (down) return Promise.reject(new ApiError(0, 'unreachable', ''))
        if (at !== note.version) return Promise.reject(new ApiError(409, 'changed', '', null, { note }))
        writes.push(wanted)
        note = { ...note, text: wanted, version: note.version + 1 }
        return Promise.resolve(note)
      },
      later: (act, ms) => {
        timers.set(++serial, { act, at: now + ms })
        return serial
      },
      cancel: (timer) => void timers.delete(timer),
    })
    const settle = async () => {
      for (let i = 0; i < 12; i++) await Promise.resolve()
    }
    return {
      keeper,
      writes,
      pass: async (ms: number) => {
        now += ms
        for (const [id, timer] of [...timers])
          if (timer.at <= now) {
            timers.delete(id)
            timer.act()
          }
        await settle()
      },
      settle,
      colleague: (theirs: string) => {
        note = { ...note, text: theirs, version: note.version + 1 }
      },
      outage: (on: boolean) => {
        down = on
      },
      note: () => note,
    }
  }

  test('are saved once, a breath after the last key', async () => {
    const s = scene()
    await s.keeper.open()
    s.keeper.type('改')
    await s.pass(BREATH_MS - 1)
    s.keeper.type('改签')
    await s.pass(BREATH_MS - 1)
    expect(s.writes).toEqual([])
    expect(s.keeper.mark.value).toBe('typing')
    await s.pass(1)
    expect(s.writes).toEqual(['改签'])
    expect(s.keeper.mark.value).toBe('saved')
  })

  test('typed before they could be read stand behind what was there', async () => {
    const s = scene('同事写的', 3)
    s.keeper.type('我写的')
    await s.keeper.open()
    expect(s.keeper.mark.value).toBe('typing')
    await s.pass(BREATH_MS)
    expect(s.note().text).toBe('同事写的\n我写的')
  })

  test('that cannot be saved say so and are tried again', async () => {
    const s = scene()
    await s.keeper.open()
    s.outage(true)
    s.keeper.type('地址')
    await s.pass(BREATH_MS)
    expect(s.keeper.mark.value).toBe('failed')
    expect(s.keeper.unsaved()).toBe(true)
    s.outage(false)
    await s.pass(AGAIN_MS)
    expect([s.keeper.mark.value, s.note().text]).toEqual(['saved', '地址'])
  })

  test('that somebody else changed are not overwritten: a person chooses, and nothing is lost', async () => {
    const s = scene()
    await s.keeper.open()
    s.colleague('对方')
    s.keeper.type('我')
    await s.pass(BREATH_MS)
    expect(s.keeper.mark.value).toBe('conflict')
    expect(s.note().text).toBe('对方')
    s.keeper.settle('both')
    await s.pass(0)
    expect(s.note().text).toBe('对方\n我')
  })

  test('of theirs can stand alone', async () => {
    const s = scene()
    await s.keeper.open()
    s.colleague('对方')
    s.keeper.type('我')
    await s.pass(BREATH_MS)
    s.keeper.settle('theirs')
    expect([s.keeper.text.value, s.keeper.mark.value]).toEqual(['对方', 'saved'])
  })

  test('are saved at once when the call is left', async () => {
    const s = scene()
    await s.keeper.open()
    s.keeper.type('最后一句')
    await s.keeper.close()
    expect(s.writes).toEqual(['最后一句'])
  })

  test('that cannot be read are asked for again', async () => {
    const s = scene('有', 1)
    s.outage(true)
    await s.keeper.open()
    expect(s.keeper.mark.value).toBe('failed')
    s.outage(false)
    await s.pass(AGAIN_MS)
    expect(s.keeper.text.value).toBe('有')
  })
})

describe('the chooser', () => {
  const person = (id: string, name: string, state: AgentView['state'], reachable = true): AgentView => ({
    id,
    name,
    extension: id,
    state,
    since_ms: 0,
    reason: '',
    call: null,
    caller: null,
    queue: null,
    queues: [],
    calls_today: 0,
    reachable,
  })
  const PEOPLE = [
    person('1001', '我自己', 'talking'),
    person('1002', '李建国', 'talking'),
    person('1003', '王芳', 'ready'),
    person('1004', '李娜', 'ready', false),
    person('1005', '李雪', 'break'),
  ]
  const QUEUES = [{ id: 'complaint', name: '投诉建议', waiting: 2, ready: 1 } as QueueView]
  const names = (search: string) =>
    choicesOf(PEOPLE, QUEUES, '1001', search, 'consult').map((one) => one.name)

  test('shows who can be had soonest first, and never oneself', () => {
    expect(names('')).toEqual(['王芳', '李雪', '李建国', '李娜', '投诉建议'])
  })

  test('finds by any part of a name, and by extension', () => {
    expect(names('李')).toEqual(['李雪', '李建国', '李娜'])
    expect(names('国')).toEqual(['李建国'])
    expect(names('1003')).toEqual(['王芳', '1003'])
    expect(names('投诉')).toEqual(['投诉建议'])
  })

  test('offers a number that is typed, as it will be dialled', () => {
    expect(choicesOf([], [], '', '138-0013 8000', 'consult').map(targetOf)).toEqual([
      { number: '13800138000' },
    ])
    expect(names('abc')).toEqual([])
    expect(dialable('+44 (20) 7946-0123')).toBe('+442079460123')
    expect(dialable('12a')).toBe('')
  })

  test('whoever is talking or has no phone is not free', () => {
    const free = choicesOf(PEOPLE, [], '1001', '', 'consult').flatMap((one) =>
      one.kind === 'agent' && one.free ? [one.name] : [],
    )
    expect(free).toEqual(['王芳', '李雪'])
  })
})

describe('the wrap-up', () => {
  const leaf = (id: string, deadline_ms: number | null = null): Disposition => ({
    id,
    name: id,
    name_en: '',
    deadline_ms,
    children: [],
  })
  const TREE: Disposition[] = [
    leaf('enquiry'),
    { ...leaf('complaint'), children: [leaf('complaint.fee', 1_000), leaf('complaint.delay')] },
  ]

  test('opens the tree as far as it is chosen', () => {
    expect(rowsOf(TREE, '').map((row) => row.at)).toEqual([''])
    expect(rowsOf(TREE, 'complaint').map((row) => row.at)).toEqual(['complaint', ''])
    expect(rowsOf(TREE, 'complaint.fee').map((row) => row.at)).toEqual(['complaint', 'complaint.fee'])
    expect(rowsOf(TREE, 'enquiry')).toHaveLength(1)
  })

  test('files only what has nothing below it', () => {
    expect(leafOf(TREE, 'complaint')).toBeNull()
    expect(leafOf(TREE, 'complaint.delay')?.id).toBe('complaint.delay')
    expect(leafOf(TREE, 'gone')).toBeNull()
    expect(pathTo(TREE, 'complaint.fee').map((one) => one.id)).toEqual(['complaint', 'complaint.fee'])
  })

  test('is due as written, else by the disposition from the end of the call', () => {
    const fee = leafOf(TREE, 'complaint.fee')
    expect(deadlineOf(EMPTY_DRAFT, fee, 5_000)).toBe(6_000)
    expect(deadlineOf(EMPTY_DRAFT, leafOf(TREE, 'enquiry'), 5_000)).toBeNull()
    const written = { ...EMPTY_DRAFT, deadline: '2026-11-27T18:00' }
    expect(deadlineOf(written, fee, 5_000)).toBe(new Date('2026-11-27T18:00').getTime())
    expect(deadlineOf({ ...EMPTY_DRAFT, deadline: 'soon' }, fee, 5_000)).toBeNull()
  })
})

test('a line says what ails it, with its figure', () => {
  const t = (key: string, values?: Record<string, unknown>) => `${key} ${JSON.stringify(values ?? {})}`
  const format = formats('zh-CN', 'Asia/Shanghai')
  const verdict = { light: 'poor', cause: 'loss', loss: 0.07, jitter: 3, round_trip: 10 } as const
  expect(causeOf(verdict, format, t)).toBe('desk.line.cause.loss {"share":"7%"}')
  expect(causeOf({ ...verdict, light: 'good', cause: null }, format, t)).toBe('')
  expect(causeWords('Busy', t)).toContain('desk.cause.busy')
  expect(causeWords('Odd', t)).toContain('"Odd"')
})
