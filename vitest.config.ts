import { defineConfig } from 'vitest/config';

/** Thousands of generated and hostile inputs: `npm run test:generated` runs them. */
export const GENERATED_INPUT = [
  'test/client/hostile/**/*.test.ts',
  'test/chaukas/wire/round-trip.test.ts',
  'test/redaction/hostile-texts.test.ts',
];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need the real backends: `npm run test:backends`.
    exclude: ['test/backends/**', ...GENERATED_INPUT],
    // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
    env: { NODE_ENV: 'development' },
    testTimeout: 20_000,
    // With two cores, vitest would use one.
    maxWorkers: '100%',
  },
});
