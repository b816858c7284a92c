// Python packages of chaukas-spec and CloudEvents read events; `npm run test:python` installs them first.
import { defineConfig } from 'vitest/config';
import { COMMON } from './vitest.config.js';

export default defineConfig({
  test: {
    ...COMMON,
    include: ['test/python/**/*.test.ts'],
  },
});
