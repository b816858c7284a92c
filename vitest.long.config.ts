// The tests that would make `npm test` take more than six minutes.
import { defineConfig } from 'vitest/config';
import { COMMON, LONG } from './vitest.config.js';

export default defineConfig({
  test: { ...COMMON, include: LONG },
});
