// Faults of the disk and the network, and sinks against real brokers; `npm run test:delivery` builds first.
import { defineConfig } from 'vitest/config';
import { COMMON } from './vitest.config.js';

export default defineConfig({
  test: {
    ...COMMON,
    include: ['test/delivery/faults/**/*.test.ts', 'test/destinations/**/*.test.ts'],
    // Each file starts servers, brokers or processes, and measures times.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
