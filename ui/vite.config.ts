import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

import { mockCentre } from './mock/plugin.ts'

const CENTRE = { '/api': { target: 'http://127.0.0.1:8080', ws: true } }

export default defineConfig(({ mode }) => ({
  base: '/',
  plugins: [vue(), ...(mode === 'mock' ? [mockCentre()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    outDir: '../src/huawu/web/static',
    emptyOutDir: true,
    target: ['chrome109', 'firefox115', 'safari16.4'],
    modulePreload: { polyfill: false },
    // the drawing of trends is that large by itself; it is fetched when the monitor shows it
    chunkSizeWarningLimit: 600,
  },
  server: mode === 'mock' ? {} : { proxy: CENTRE },
  preview: mode === 'mock' ? {} : { proxy: CENTRE },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'mock/**/*.test.ts'],
    // no claim about speed: a busy machine takes its time
    testTimeout: 60_000,
  },
}))
