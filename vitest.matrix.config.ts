// Tests on versions other than those of package.json; `npm run test:matrix` chooses them. The tests are the client's,
// or those of the Agents SDK if AGENTS_DIR is set.
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { versionsUnderTest } from './scripts/matrix/versions-under-test.js';
import { COMMON } from './vitest.config.js';

const openaiDir = folder(process.env.OPENAI_DIR);
const otelSdkDir = folder(process.env.OTEL_SDK_DIR);
const agentsDir = folder(process.env.AGENTS_DIR);

export default defineConfig({
  plugins: [versionsUnderTest({ openaiDir, otelSdkDir, agentsDir })],
  test: {
    ...COMMON,
    // These take as long as all the others, and their results do not depend on versions.
    exclude: ['**/node_modules/**', 'test/client/hostile/**'],
    include: [
      'scripts/matrix/loaded-versions.test.ts',
      ...(agentsDir === undefined
        ? ['test/client/**/*.test.ts', 'test/harness/**/*.test.ts']
        : ['test/agents/versions/**/*.test.ts']),
    ],
  },
});

function folder(given: string | undefined): string | undefined {
  return given === undefined ? undefined : path.resolve(given);
}
