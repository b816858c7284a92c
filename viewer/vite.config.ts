// The page of `agent-events view`: `npm run build` puts it into dist/viewer, from where the command serves it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = path.dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  build: {
    outDir: path.join(here, '../dist/viewer'),
    emptyOutDir: true,
    // `light-dark()` and `inert` as they are; older browsers than these cannot show the page.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: URL would need an exception in the policy of the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npx vite viewer` for work on the page: VIEW_SERVER is the address of a running `agent-events view`.
  server: {
    proxy: { '/api': { target: process.env.VIEW_SERVER ?? 'http://127.0.0.1:4319', changeOrigin: true } },
  },
});
