// Tests against a real Collector and a real Jaeger; `npm run test:backends` builds both first.
import { defineConfig } from 'vitest/config';
import { COMMON } from './vitest.config.js';

export default defineConfig({
  test: {
    ...COMMON,
    include: ['test/backends/**/*.test.ts'],
    // Servers are started for each file, and the machine may have two cores.
    fileParallelism: false,
    // Installing docker-compose happens in a hook.
    hookTimeout: 300_000,
  },
});
