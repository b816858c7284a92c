// The page of `agent-events view` in Chromium; `npm run test:viewer` builds first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/viewer/**/*.test.ts'],
    // Each file starts a browser and the command.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
