// The example systems, over HTTP and in a browser; `npm run test:examples` builds first.
import { defineConfig } from 'vitest/config';
import { COMMON } from './vitest.config.js';

export default defineConfig({
  test: {
    ...COMMON,
    include: ['test/examples/**/*.test.ts'],
    globalSetup: 'test/examples/install.ts',
    // Each file starts services, and some a browser or four workers.
    fileParallelism: false,
    hookTimeout: 300_000,
    // Some start a service two times, which takes a busy machine half a minute each.
    testTimeout: 180_000,
  },
});
