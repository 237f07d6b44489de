/** Serves the mock centre's HTTP interface and live socket inside Vite's dev or preview server. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Plugin, PreviewServer, ViteDevServer } from 'vite'
import { WebSocketServer, type WebSocket } from 'ws'

import type { ChosenState } from '../src/api/types'
import { MockCentre } from './centre.ts'
import { roleMay } from '../src/shell/roles.ts'
import { DeskRoutes } from './desk-routes.ts'
import { withoutNumbers } from './masking.ts'
import { MonitorRoutes } from './monitor-routes.ts'
import { BREAKS_OF_MOCK, COMPANY, HOTLINE } from './people.ts'
import { QualityRoutes } from './quality-routes.ts'
import { SettingsRoutes } from './settings-routes.ts'
import { peaks, voices, wav } from './voice.ts'

const BASE = '/api/v1'
const COOKIE = 'mock_session=1'
const AGENT_COOKIE = 'mock_session=2'
const ADMIN_COOKIE = 'mock_session=3'
const INSPECTOR_COOKIE = 'mock_session=4'
const MANAGER_COOKIE = 'mock_session=5'
const TRAINER_COOKIE = 'mock_session=6'

function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, { error: { code, message } }, status === 429 ? { 'Retry-After': '30' } : {})
}

const bodies = new WeakMap<IncomingMessage, Record<string, unknown>>()

/** Read once, known from then on. */
async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let body = bodies.get(request)
  if (!body) {
    let text = ''
    for await (const part of request) text += String(part)
    body = text ? (JSON.parse(text) as Record<string, unknown>) : {}
    bodies.set(request, body)
  }
  return body
}

function serve(server: ViteDevServer | PreviewServer): void {
  let centre = new MockCentre(Date.now())
  /** Who looks at the live screen: true who may see numbers. */
  const sockets = new Map<WebSocket, boolean>()
  const live = new WebSocketServer({ noServer: true })
  let seq = 0
  let wrong = 0
  const desks = new DeskRoutes(server.httpServer)
  const settings = new SettingsRoutes()
  const leaders = new MonitorRoutes(server.httpServer, centre)
  const quality = new QualityRoutes(centre)
  const me = {
    user: 'leader',
    name: '孙班长',
    role: 'shift_leader',
    language: '',
    csrf: 'mock-token',
    agent: false,
    phone: 'leader',
  }
  const agent = {
    user: 'a1001',
    name: '陈晓雯',
    role: 'agent',
    language: '',
    csrf: 'mock-token',
    agent: true,
    phone: '1001',
  }
  const admin = { ...me, user: 'admin', name: '系统管理员', role: 'administrator' }
  const inspector = { ...me, user: 'inspector', name: '何质检', role: 'inspector', phone: '' }
  const manager = { ...me, user: 'manager', name: '高经理', role: 'manager', phone: '' }
  const trainer = { ...me, user: 'trainer', name: '冯老师', role: 'trainer', phone: '' }
  const signedIn = (request: IncomingMessage) => {
    const cookie = request.headers.cookie ?? ''
    if (cookie.includes(INSPECTOR_COOKIE)) return inspector
    if (cookie.includes(MANAGER_COOKIE)) return manager
    if (cookie.includes(TRAINER_COOKIE)) return trainer
    if (cookie.includes(ADMIN_COOKIE)) return admin
    return cookie.includes(AGENT_COOKIE) ? agent : cookie.includes(COOKIE) ? me : null
  }

  const seesNumbers = (request: IncomingMessage) => roleMay(signedIn(request)?.role, 'see_numbers')

  const timer = setInterval(() => {
    desks.tick(Date.now())
    const changes = centre.step(Date.now())
    leaders.tick(Date.now())
    if (!changes.length) return
    const events = changes.map((change) => ({ seq: ++seq, ...change }))
    for (const [socket, whole] of sockets)
      socket.send(JSON.stringify({ type: 'events', events: whole ? events : withoutNumbers(events) }))
  }, 500)
  timer.unref()

  live.on('connection', (socket, request: IncomingMessage) => {
    const whole = seesNumbers(request)
    sockets.set(socket, whole)
    socket.on('close', () => sockets.delete(socket))
    const state = centre.wallboard(Date.now())
    socket.send(JSON.stringify({ type: 'snapshot', seq, state: whole ? state : withoutNumbers(state) }))
  })
  server.httpServer?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!request.url?.startsWith(`${BASE}/live`)) return
    if (!signedIn(request)) return socket.destroy()
    if (request.url.includes('screen=desk')) {
      if (desks.desk) desks.upgrade(request, socket, head)
      else socket.destroy()
      return
    }
    const screen = /screen=(monitor|help)/.exec(request.url)?.[1] as 'monitor' | 'help' | undefined
    if (screen) {
      leaders.upgrade(screen, request, socket, head)
      return
    }
    live.handleUpgrade(request, socket, head, (peer) => live.emit('connection', peer, request))
  })

  const simulation = () => ({ available: true, on: centre.simulating, callers: 3, calls_per_minute: 3.4 })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock')
    const path = url.pathname.slice(BASE.length)
    const route = `${request.method} ${path}`
    const now = Date.now()
    if (route === 'POST /session') {
      const { user, password } = await bodyOf(request)
      if (wrong >= 5) {
        wrong = 0
        return refuse(response, 429, 'locked', 'Too many wrong passwords; wait 30 seconds.')
      }
      if (user === 'a1001' && password === 'huawu-demo') {
        desks.open(centre)
        return send(response, 200, agent, { 'Set-Cookie': `${AGENT_COOKIE}; Path=/; HttpOnly; SameSite=Lax` })
      }
      if (user === 'admin' && password === 'huawu-demo')
        return send(response, 200, admin, { 'Set-Cookie': `${ADMIN_COOKIE}; Path=/; HttpOnly; SameSite=Lax` })
      for (const [who, kept] of [
        [inspector, INSPECTOR_COOKIE],
        [manager, MANAGER_COOKIE],
        [trainer, TRAINER_COOKIE],
      ] as const)
        if (user === who.user && password === 'huawu-demo')
          return send(response, 200, who, { 'Set-Cookie': `${kept}; Path=/; HttpOnly; SameSite=Lax` })
      if (user !== 'leader' || password !== 'huawu-demo') {
        wrong++
        return refuse(response, 401, 'wrong_credentials', 'User name or password is wrong.')
      }
      wrong = 0
      return send(response, 200, me, { 'Set-Cookie': `${COOKIE}; Path=/; HttpOnly; SameSite=Lax` })
    }
    if (!signedIn(request)) return refuse(response, 401, 'not_signed_in', 'Sign in first.')
    if (request.method !== 'GET' && request.headers['x-csrf-token'] !== me.csrf)
      return refuse(response, 403, 'csrf', 'The request carries no valid token.')
    if (route === 'GET /session') {
      const who = signedIn(request)
      if (who === agent && !desks.desk) desks.open(centre)
      return send(response, 200, who)
    }
    if (route === 'DELETE /session')
      return send(response, 204, undefined, { 'Set-Cookie': 'mock_session=; Path=/; Max-Age=0' })
    if (route === 'GET /centre')
      return send(response, 200, {
        company: COMPANY.zh,
        company_en: COMPANY.en,
        version: '0.1.0',
        time_zone: 'Asia/Shanghai',
        demo: true,
        switch: 'up',
        numbers: [{ number: HOTLINE, name: '客服热线' }],
        breaks: BREAKS_OF_MOCK,
        people: [{ user: 'leader', name: '孙班长' }],
        simulation: { on: centre.simulating, callers: 3 },
      })
    if (signedIn(request) === agent) {
      const body = request.method === 'POST' || request.method === 'PUT' ? await bodyOf(request) : {}
      const answered = desks.answer(route, body, request.headers.host ?? '')
      if (answered) return send(response, answered[0], answered[1])
    }
    if (signedIn(request) === admin) {
      const json = (request.headers['content-type'] ?? '').includes('json')
      const body = json ? await bodyOf(request) : {}
      const answered = settings.answer(request.method ?? 'GET', path, url.searchParams, body, now)
      if (answered instanceof Buffer) {
        response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': answered.length })
        return void response.end(answered)
      }
      if (answered) return send(response, answered[0], answered[1])
    }
    if (signedIn(request) === me) {
      const asks = Object.fromEntries(url.searchParams)
      const body = request.method === 'POST' ? await bodyOf(request) : asks
      const answered = leaders.answer(route, body, request.headers.host ?? '')
      if (answered) return send(response, answered[0], answered[1])
    }
    const tell = (status: number, body: unknown) => {
      send(response, status, seesNumbers(request) ? body : withoutNumbers(body))
    }
    const written = ['POST', 'PUT'].includes(request.method ?? '') ? await bodyOf(request) : {}
    const judged = quality.answer(route, url.searchParams, written, signedIn(request) ?? me, now)
    if (judged) return tell(judged[0], judged[1])
    if (route === 'GET /queues') return send(response, 200, { queues: centre.queues(now) })
    if (route === 'GET /agents') return tell(200, { agents: centre.agents() })
    if (route === 'POST /exports') return void response.writeHead(204).end()
    if (route === 'GET /simulation') return send(response, 200, simulation())
    if (route === 'POST /simulation') {
      centre.simulating = (await bodyOf(request))['on'] === true
      return send(response, 200, simulation())
    }
    const [, seat] = /^POST \/agents\/([^/]+)\/state$/.exec(route) ?? []
    if (seat) {
      const { state, reason } = await bodyOf(request)
      const after = centre.setState(seat, state as ChosenState, String(reason ?? ''), now)
      if (after === null) return refuse(response, 404, 'not_found', `There is no agent ${seat}.`)
      if (typeof after === 'string') return refuse(response, 409, 'not_allowed', after)
      return tell(200, after)
    }
    if (route === 'GET /calls') return tell(200, centre.search(url.searchParams, now))
    const [, id, part] = /^\/calls\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? []
    const call = centre.scripts.get(id ?? '')?.whole(now)
    if (!call) return refuse(response, 404, 'not_found', `There is no ${path}.`)
    if (!part) return tell(200, call)
    if (!call.recording) return refuse(response, 404, 'no_recording', `Call ${call.id} has no recording.`)
    const sound = voices(call)
    if (part === 'waveform') {
      const points = Number(url.searchParams.get('points') ?? 1200)
      return send(response, 200, {
        length_ms: call.recording.length_ms,
        began_ms: sound.began,
        left: peaks(sound.left, points),
        right: peaks(sound.right, points),
      })
    }
    const file = wav(sound.left, sound.right)
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '')
    const from = range ? Number(range[1]) : 0
    const to = range?.[2] ? Number(range[2]) : file.length - 1
    response.writeHead(range ? 206 : 200, {
      'Content-Type': 'audio/wav',
      'Accept-Ranges': 'bytes',
      'Content-Length': to - from + 1,
      ...(range ? { 'Content-Range': `bytes ${from}-${to}/${file.length}` } : {}),
    })
    response.end(file.subarray(from, to + 1))
  }

  server.middlewares.use((request, response, next) => {
    if (!request.url?.startsWith(BASE)) {
      // any page opened with ?agents=200 makes the centre anew with so many; 0 is its first day
      const agents = /[?&]agents=(\d{1,3})\b/.exec(request.url ?? '')?.[1]
      if (agents) {
        centre = new MockCentre(Date.now(), Number(agents))
        quality.anew(centre)
        leaders.anew(centre, /[?&]calm=1\b/.test(request.url ?? ''))
        for (const socket of sockets.keys()) socket.close()
      }
      next()
      return
    }
    answer(request, response).catch((error: unknown) => {
      refuse(response, 500, 'mock_broke', String(error))
    })
  })
}

export function mockCentre(): Plugin {
  return { name: 'mock-centre', configureServer: serve, configurePreviewServer: serve }
}
