import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // The gateway puts each answer's own nonce in its place: see src/dashboard.ts.
  html: { cspNonce: '__FANLIGHT_NONCE__' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // light-dark() as it stands, since 2024.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // The icon too is a file: a data: URL would need a wider policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:4870' } },
})
