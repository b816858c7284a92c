// Python packages of chaukas-spec and CloudEvents read events; `npm run test:python` installs them first.
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
