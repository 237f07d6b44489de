/** Addresses of the pages; each page is its own piece of the bundle. */

import { createRouter, createWebHistory } from 'vue-router'

import { useSession } from '@/shell/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without signing in. */
    open?: boolean
    /** Key of the page's title. */
    title?: string
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/wallboard' },
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/pages/sign-in/SignInPage.vue'),
      meta: { open: true, title: 'sign_in.title' },
    },
    {
      path: '/',
      component: () => import('@/shell/Shell.vue'),
      children: [
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

router.beforeEach(async (to) => {
  const session = useSession()
  try {
    await session.find()
  } catch {
    // the centre cannot be reached: sign-in says so when tried
  }
  if (!session.me && !to.meta.open)
    return { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (session.me && to.name === 'sign-in') return { name: 'wallboard' }
  return true
})
