// The example systems, over HTTP and in a browser; `npm run test:examples` builds first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/examples/**/*.test.ts'],
    globalSetup: 'test/examples/install.ts',
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    // Each file starts services, and some a browser or four workers.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    // A busy machine needs longer than vitest\'s second.
    expect: { poll: { timeout: 30_000 } },
  },
});
