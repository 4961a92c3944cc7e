/** How the page is built: static files without a script or style in the document itself, so that a strict CSP holds. */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  publicDir: false,
  logLevel: 'error',
  cacheDir: resolve(import.meta.dirname, '../../../.throughline/vite'),
  // The names of the bundle's files hold a hash: a browser may keep them for ever.
  build: { target: 'es2022', assetsInlineLimit: 0, emptyOutDir: true, chunkSizeWarningLimit: 700 },
});
