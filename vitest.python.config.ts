// Events through the published Python package of chaukas-spec; `npm run test:python` installs that first.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/python/**/*.test.ts'],
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
