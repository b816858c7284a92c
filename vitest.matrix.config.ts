// The client's tests on versions that are not those of package.json; `npm run test:matrix` chooses them.
import { defineConfig } from 'vitest/config';
import { versionsUnderTest } from './scripts/matrix/versions-under-test.js';
import base from './vitest.config.js';

export default defineConfig({
  plugins: [versionsUnderTest({ openaiDir: process.env.OPENAI_DIR, otelSdkDir: process.env.OTEL_SDK_DIR })],
  test: {
    ...base.test,
    include: [
      'scripts/matrix/loaded-versions.test.ts',
      'test/client/**/*.test.ts',
      'test/harness/**/*.test.ts',
    ],
  },
});
