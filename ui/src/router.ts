/** Addresses of the pages; each page is its own piece of the bundle. */

import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'

import { qualityPieces } from '@/pages/quality/pieces'
import { settingsPieces } from '@/pages/settings/pieces'
import { bookPieces } from '@/pages/standard/pieces'
import type { PiecesFor } from '@/shell/ahead'
import { useSession } from '@/shell/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without signing in. */
    open?: boolean
    /** Key of the page's title. */
    title?: string
    /** What its page fetches when one opens a part of it. */
    pieces?: PiecesFor
  }
}

/** Where somebody's day begins; who has no place of their own begins before the wallboard. */
const HOMES: Record<string, string> = { shift_leader: 'monitor', inspector: 'quality', trainer: 'standard' }

export function homeOf(): { name: string } {
  const { hasDesk, me } = useSession()
  if (hasDesk && me?.role === 'agent') return { name: 'desk' }
  return { name: HOMES[me?.role ?? ''] ?? 'wallboard' }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    // never shown: the guard below leads on, once it is known who came
    { path: '/', name: 'home', component: () => import('@/pages/MissingPage.vue') },
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/pages/sign-in/SignInPage.vue'),
      meta: { open: true, title: 'sign_in.title' },
    },
    {
      path: '/first-steps',
      name: 'first-steps',
      component: () => import('@/pages/sign-in/FirstStepsPage.vue'),
      meta: { title: 'first_steps.title' },
    },
    {
      path: '/',
      component: () => import('@/shell/Shell.vue'),
      children: [
        {
          path: 'desk',
          name: 'desk',
          component: () => import('@/pages/desk/DeskPage.vue'),
          meta: { title: 'desk.title' },
        },
        {
          path: 'monitor',
          name: 'monitor',
          component: () => import('@/pages/monitor/MonitorPage.vue'),
          meta: { title: 'monitor.title' },
        },
        {
          path: 'wallboard',
          name: 'wallboard',
          component: () => import('@/pages/wallboard/WallboardPage.vue'),
          meta: { title: 'wallboard.title' },
        },
        {
          path: 'calls',
          name: 'calls',
          component: () => import('@/pages/calls/CallsPage.vue'),
          meta: { title: 'calls.title' },
        },
        {
          path: 'calls/:id',
          name: 'call',
          component: () => import('@/pages/call/CallPage.vue'),
          props: true,
          meta: { title: 'call.title' },
        },
        {
          path: 'quality/:part?/:item?',
          name: 'quality',
          component: () => import('@/pages/quality/QualityPage.vue'),
          meta: { title: 'quality.title', pieces: qualityPieces },
        },
        {
          path: 'standard/:part?/:item?',
          name: 'standard',
          component: () => import('@/pages/standard/StandardPage.vue'),
          meta: { title: 'standard.title', pieces: bookPieces },
        },
        {
          path: 'settings/:part?/:item?',
          name: 'settings',
          component: () => import('@/pages/settings/SettingsPage.vue'),
          meta: { title: 'nav.settings', pieces: settingsPieces },
        },
        {
          path: ':rest(.*)*',
          name: 'missing',
          component: () => import('@/pages/MissingPage.vue'),
          meta: { title: 'missing.title' },
        },
      ],
    },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

/** Have the page's pieces on their way while the centre says who we are. */
function fetchPieces(to: RouteLocationNormalized): void {
  for (const { components } of to.matched)
    for (const piece of Object.values(components ?? {}))
      // what fails here is told when the router itself asks for it
      if (typeof piece === 'function') void (piece as () => Promise<unknown>)().catch(() => undefined)
}

router.beforeEach(async (to) => {
  const session = useSession()
  fetchPieces(to)
  try {
    await session.find()
  } catch {
    // the centre cannot be reached: sign-in says so when tried
  }
  if (!session.me && !to.meta.open)
    return { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (session.owed && to.name !== 'first-steps')
    return {
      name: 'first-steps',
      query: to.name === 'desk' || to.name === 'monitor' || to.name === 'call' ? { next: to.fullPath } : {},
    }
  if (session.me && (to.name === 'sign-in' || to.name === 'home')) return homeOf()
  return true
})
