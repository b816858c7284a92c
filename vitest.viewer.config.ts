// The page of `agent-events view` in Chromium; `npm run test:viewer` builds first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/viewer/**/*.test.ts'],
    globalSetup: 'test/viewer/demo-setup.ts',
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    // Each file starts a browser and the command.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // On a busy machine, a page needs longer than vitest's second.
    expect: { poll: { timeout: 20_000 } },
  },
});
