/** The one phone of this page: the machine, and everything it commands. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { ApiError } from '@/api/client'
import { deskApi } from '@/api/desk'
import { isElsewhere, renewIn, type Account, type Elsewhere, type Told } from './account'
import { useDevices } from './devices'
import { forgetDialog, keepDialog, keptDialog, type KeptDialog } from './dialogs'
import { activeLine, lineOf, QUIET, ringOf, step } from './machine'
import type { Phone, PhoneCommand, PhoneEvent, PhoneKey, Purpose } from './machine'
import { NoMicrophone, useMicrophone } from './microphone'
import { judge, sampleOf, type Sample, type Verdict } from './quality'
import { SipEdge } from './sip'
import { Bell } from './sound'

const KEPT_PLACE = 'huawu.phone.place'
const LOOK_MS = 3_000
const AGAIN_MS = 5_000
/** JsSIP finds a switch that is back within six seconds; one that it has not found by then is asked for. */
const ELSEWHERE_MS = 8_000
/** A page whose phone is open elsewhere looks so often whether that page is gone. */
const FREED_MS = 10_000
/** A tab that is gone for longer than this leaves its call to the switch. */
const SEEN_EVERY_MS = 5_000

export type Place = 'page' | 'desk'

export const usePhone = defineStore('phone', () => {
  const phone = shallowRef<Phone>(QUIET)
  const account = shallowRef<Account | null>(null)
  const elsewhere = ref<Elsewhere | null>(null)
  const quality = shallowRef<Verdict | null>(null)
  const remote = shallowRef<MediaStream | null>(null)
  /** Does the agent speak here, or by a telephone on the desk? Remembered for this machine. */
  const place = ref<Place>(localStorage.getItem(KEPT_PLACE) === 'desk' ? 'desk' : 'page')
  const devices = useDevices()
  const microphone = useMicrophone(
    () => devices.microphone,
    (is) => {
      send({ kind: 'microphone', is })
      if (is === 'open') void devices.look() // names of devices are told only now
    },
    () => void replaceMicrophone(),
  )
  const bell = new Bell()
  const asking = ref(false)
  const speaker = new Audio()
  speaker.autoplay = true

  const dialogs = new Map<string, KeptDialog>()
  let renewal: number | undefined
  let looking: number | undefined
  let seeing: number | undefined
  let serial = 0
  /** One new secret per refusal: a switch that refuses every one is not asked in a circle. */
  let triedAnew = false

  const edge = new SipEdge({
    tell: send,
    refused: (status) => {
      if (triedAnew) send({ kind: 'registration', what: 'refused', reason: String(status) })
      else void connect(false, true)
      triedAnew = true
    },
    heard: (_, stream) => {
      remote.value = stream
      speaker.srcObject = stream
      if (stream) void speaker.play().catch(() => undefined)
    },
    kept: (line, ids) => {
      if (ids === null) dialogs.delete(line)
      else {
        const of = phone.value.lines.find((one) => one.id === line)
        if (!of || of.purpose === 'test') return
        dialogs.set(line, { ...ids, ...partOf(of.id), seen: Date.now() })
      }
      keep()
    },
  })

  function partOf(line: string) {
    const of = phone.value.lines.find((one) => one.id === line)
    return {
      call: of?.call ?? '',
      number: of?.number ?? '',
      name: of?.name ?? '',
      since: of?.since ?? Date.now(),
      muted: of?.muted ?? false,
    }
  }

  /** What a reload must know stands in the tab's store while a call runs. */
  function keep(): void {
    const active = activeLine(phone.value)
    const dialog = active && dialogs.get(active.id)
    if (dialog) keepDialog(sessionStorage, { ...dialog, ...partOf(active.id), seen: Date.now() })
  }

  /** The next secret is asked for even though another page has the phone. */
  let takesOver = false
  /** Was free when this page asked again by itself. */
  let freed: Account | null = null
  let hoping: number | undefined

  /** Elsewhere it may crash or be closed: then the phone comes here without a key. */
  function hope(): void {
    window.clearTimeout(hoping)
    if (phone.value.registration !== 'elsewhere') return
    hoping = window.setTimeout(() => {
      void deskApi
        .freePhone()
        .then((given) => {
          freed = given
          send({ kind: 'registration', what: 'wanted' })
        })
        .catch(hope)
    }, FREED_MS)
  }

  function send(event: PhoneEvent): void {
    const was = phone.value.registration
    const { phone: after, commands } = step(phone.value, event)
    phone.value = after
    if (event.kind === 'registration' && event.what === 'registered') {
      triedAnew = false
      takeUp()
    }
    for (const command of commands) obey(command)
    // each vain try tells it again: the first one counts
    if (after.registration === 'lost' && was !== 'lost') lookElsewhere()
    if (event.kind === 'registration') hope()
    bell.ring(ringOf(after))
    keep()
  }

  function obey(command: PhoneCommand): void {
    switch (command.do) {
      case 'register':
        void connect(takesOver)
        takesOver = false
        break
      case 'unregister':
        window.clearTimeout(renewal)
        edge.stop()
        break
      case 'answer':
        void withMicrophone(command.line, (stream) => {
          edge.answer(command.line, stream)
        })
        break
      case 'dial':
        void withMicrophone(command.line, (stream) => {
          edge.dial(command.line, command.number, stream)
        })
        break
      case 'reattach': {
        const dialog = dialogs.get(command.line)
        if (!dialog) send({ kind: 'line', id: command.line, what: 'over', at: Date.now() })
        else
          void withMicrophone(command.line, (stream) => {
            edge.reattach(command.line, dialog, stream)
          })
        break
      }
      case 'end':
        edge.end(command.line)
        break
      case 'hold':
        edge.hold(command.line, command.on)
        break
      case 'mute':
        edge.mute(command.line, command.on)
        break
      case 'send_digits':
        edge.digits(command.line, command.digits)
        break
      case 'forget':
        dialogs.delete(command.line)
        edge.abandon(command.line)
        if (!phone.value.lines.length) {
          microphone.close()
          forgetDialog(sessionStorage)
        }
        break
    }
  }

  async function withMicrophone(line: string, act: (stream: MediaStream) => void): Promise<void> {
    try {
      act(await microphone.open())
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error
      send({ kind: 'line', id: line, what: 'no_microphone', at: Date.now() })
    }
  }

  /** Another microphone in mid-call: it was unplugged, or the agent chose another. */
  async function replaceMicrophone(): Promise<void> {
    if (!microphone.stream.value) return
    microphone.close()
    try {
      const track = (await microphone.open()).getAudioTracks()[0] ?? null
      for (const line of phone.value.lines) {
        if (track) track.enabled = !line.muted && !line.held
        await edge.connectionOf(line.id)?.getSenders()[0]?.replaceTrack(track)
      }
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error // the page says it in words
    }
  }

  /** Before the first call, in the agent's own click: so that the question does not come while a caller waits. */
  async function checkMicrophone(): Promise<boolean> {
    bell.wake()
    try {
      await microphone.open()
    } catch (error) {
      if (error instanceof NoMicrophone) return false
      throw error
    }
    if (!phone.value.lines.length) microphone.close()
    return true
  }

  async function connect(takeOver: boolean, anew = false): Promise<void> {
    if (asking.value) return
    asking.value = true
    window.clearTimeout(renewal)
    try {
      const given = freed ?? (await deskApi.phone(takeOver))
      freed = null
      account.value = given
      elsewhere.value = null
      if (phone.value.registration === 'off') return
      await edge.start(given)
      renewLater(given)
    } catch (error) {
      failed(error, anew)
    } finally {
      asking.value = false
      minds()
    }
  }

  /** One thing at a time is done about the account later. */
  function later(act: () => void, wait: number): void {
    window.clearTimeout(renewal)
    renewal = window.setTimeout(act, wait)
  }

  function renewLater(given: Account): void {
    later(() => void connect(false), renewIn(given.expires_ms, Date.now()))
  }

  /** A switch that does not come back where it was may be elsewhere by now: the centre knows. */
  function lookElsewhere(): void {
    later(() => {
      const { registration } = phone.value
      if (registration === 'lost') void connect(false).then(lookElsewhere)
      else if (registration === 'registered' && account.value) renewLater(account.value)
    }, ELSEWHERE_MS)
  }

  function failed(error: unknown, anew: boolean): void {
    const status = error instanceof ApiError ? error.status : 0
    const code = error instanceof ApiError ? error.code : ''
    if (code === 'phone_elsewhere' && error instanceof ApiError) {
      elsewhere.value = (error.detail['desk'] as Elsewhere | undefined) ?? null
      send({ kind: 'registration', what: 'taken_over' })
    } else if (status === 0 || status >= 500) {
      send({ kind: 'registration', what: 'lost' })
      later(() => void connect(false, anew), AGAIN_MS)
    } else send({ kind: 'registration', what: 'refused', reason: code })
  }

  /** A call of this tab's former life that the switch still keeps. */
  function takeUp(): void {
    const kept = keptDialog(sessionStorage, Date.now())
    if (!kept || phone.value.lines.length) return
    const id = `again-${++serial}`
    dialogs.set(id, kept)
    const { number, name, call, since, muted } = kept
    send({ kind: 'found', line: { id, number, name, call }, at: Date.now(), since, muted })
  }

  let told: Told | null = null

  /** From the live desk: which page has the phone now. */
  function loanIs(loan: Told): void {
    told = loan
    minds()
  }

  /** Gives way to a later loan than ours; while we ask, the answer will say which is ours. */
  function minds(): void {
    if (asking.value || phone.value.registration === 'off' || !isElsewhere(told, account.value)) return
    elsewhere.value = told
    send({ kind: 'registration', what: 'taken_over' })
  }

  function takeBack(): void {
    takesOver = true
    send({ kind: 'registration', what: 'wanted' })
  }

  /** The agent's page is open and wants the phone, if it is to be here. */
  function start(): void {
    devices.watchThem()
    looking ??= window.setInterval(() => void look(), LOOK_MS)
    seeing ??= window.setInterval(keep, SEEN_EVERY_MS)
    if (place.value === 'page') send({ kind: 'registration', what: 'wanted' })
  }

  function stop(): void {
    window.clearTimeout(hoping)
    window.clearInterval(looking)
    window.clearInterval(seeing)
    looking = seeing = undefined
    send({ kind: 'registration', what: 'unwanted' })
    microphone.close()
    bell.ring('none')
  }

  function speakAt(where: Place): void {
    place.value = where
    localStorage.setItem(KEPT_PLACE, where)
    send({ kind: 'registration', what: where === 'page' ? 'wanted' : 'unwanted' })
    if (where === 'desk') void deskApi.givePhoneBack().catch(() => undefined)
  }

  function press(key: PhoneKey, line?: string): void {
    bell.wake()
    send({ kind: 'press', key, at: Date.now(), ...(line === undefined ? {} : { line }) })
  }

  function dial(number: string, purpose: Purpose = 'call'): void {
    bell.wake()
    const line = { id: `out-${++serial}`, number, name: '', call: '' }
    send({ kind: 'dial', line, purpose, at: Date.now() })
  }

  function digits(keys: string): void {
    bell.wake()
    for (const key of keys) bell.key(key)
    send({ kind: 'digits', digits: keys })
  }

  let before: { line: string; sample: Sample } | null = null
  async function look(): Promise<void> {
    const line = activeLine(phone.value)
    const connection = line && edge.connectionOf(line.id)
    if (!line || !connection) {
      before = null
      quality.value = null
      return
    }
    const reports: Record<string, unknown>[] = []
    ;(await connection.getStats()).forEach((report: Record<string, unknown>) => reports.push(report))
    const sample = sampleOf(reports, performance.now())
    // a held line is silent by right
    if (before?.line === line.id && !line.held) quality.value = judge(before.sample, sample)
    before = { line: line.id, sample }
  }

  watch(
    () => devices.speaker,
    (id) => {
      bell.toSpeaker(id)
      if (devices.speakerCanBeChosen) void speaker.setSinkId(id).catch(() => undefined)
    },
    { immediate: true },
  )
  watch(
    () => devices.microphone,
    () => void replaceMicrophone(),
  )

  return {
    phone,
    account,
    elsewhere,
    quality,
    microphone: microphone.stream,
    remote,
    place,
    active: computed(() => activeLine(phone.value)),
    lineFor: (key: PhoneKey) => lineOf(phone.value, key),
    start,
    stop,
    speakAt,
    takeBack,
    loanIs,
    press,
    dial,
    digits,
    checkMicrophone,
  }
})
