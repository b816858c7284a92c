import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need the real backends: `npm run test:backends`.
    exclude: ['test/backends/**'],
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    testTimeout: 20_000,
    // With two cores, vitest would use one.
    maxWorkers: '100%',
  },
});
