// The tests that would make `npm test` take more than six minutes.
import { defineConfig } from 'vitest/config';
import base, { LONG } from './vitest.config.js';

export default defineConfig({
  test: { ...base.test, include: LONG, exclude: [] },
});
