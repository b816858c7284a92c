// Copied into a checkout of openai/openai-node: its unit tests, or those generated from the API's description.
import path from 'node:path';
import generated from './scripts/generated-test-patterns.json';

const patterns = generated.map((pattern) => (pattern.endsWith('.test.ts') ? pattern : `${pattern}/**`));
const isGenerated = process.env.SDK_SUITES_PROJECT === 'generated';

/** Tests of what else the repository has: examples, linter, release scripts, projects that use the package. */
const OF_THE_REPOSITORY = [
  'tests/live/**',
  'tests/ecosystem-*.test.ts',
  'tests/mock-server-fetch.test.ts',
  'tests/oxlint-config.test.ts',
  'tests/test-script.test.ts',
  'tests/lib/*-streaming-example-*.test.ts',
  'tests/lib/streaming-example-*.test.ts',
];

export default {
  resolve: {
    alias: [
      { find: /^openai$/, replacement: path.resolve(import.meta.dirname, 'src/index.ts') },
      { find: /^openai\/(.*)$/, replacement: path.resolve(import.meta.dirname, 'src/$1') },
    ],
  },
  test: {
    environment: 'node',
    globals: true,
    testTimeout: 30_000,
    include: isGenerated
      ? patterns.map((pattern) => pattern.replace(/\/\*\*$/, '/**/*.test.ts'))
      : ['tests/**/*.test.ts'],
    exclude: isGenerated ? [] : [...patterns, ...OF_THE_REPOSITORY],
    setupFiles: [path.resolve(import.meta.dirname, 'sdk-suites-instrument.mjs')],
    maxWorkers: 2,
    server: { deps: { external: [/\/node_modules\//] } },
  },
};
