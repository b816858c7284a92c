// The page of `agent-events view` in Chromium; `npm run test:viewer` builds first.
import { defineConfig } from 'vitest/config';
import { COMMON } from './vitest.config.js';

export default defineConfig({
  test: {
    ...COMMON,
    include: ['test/viewer/**/*.test.ts'],
    globalSetup: 'test/viewer/demo-setup.ts',
    // Each file starts a browser and the command.
    fileParallelism: false,
    hookTimeout: 180_000,
    testTimeout: 180_000,
  },
});
