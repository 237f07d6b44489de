import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The button for pages elsewhere: one file with everything in it, under a name that stays. */
export default defineConfig({
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: '../src/huawu/web/static',
    emptyOutDir: false,
    target: ['chrome109', 'firefox115', 'safari16.4'],
    lib: {
      entry: fileURLToPath(new URL('./src/web-call/main.ts', import.meta.url)),
      name: 'huawuCall',
      formats: ['iife'],
      fileName: () => 'call.js',
    },
  },
})
