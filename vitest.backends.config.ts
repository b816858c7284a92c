// Tests against a real Collector and a real Jaeger; `npm run test:backends` builds both first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/backends/**/*.test.ts'],
    // Servers are started for each file, and the machine may have two cores.
    fileParallelism: false,
    testTimeout: 60_000,
    // Installing docker-compose happens in a hook.
    hookTimeout: 300_000,
    // A busy machine needs longer than vitest\'s second.
    expect: { poll: { timeout: 30_000 } },
  },
});
