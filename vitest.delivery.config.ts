// Faults of the disk and the network, and sinks against real brokers; `npm run test:delivery` builds first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/delivery/faults/**/*.test.ts', 'test/destinations/**/*.test.ts'],
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    // Each file starts servers, brokers or processes, and measures times.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A busy machine needs longer than vitest\'s second.
    expect: { poll: { timeout: 30_000 } },
  },
});
