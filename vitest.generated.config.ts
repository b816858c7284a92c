// Tests with thousands of generated and hostile inputs, which take a minute and would slow `npm test` down.
import { defineConfig } from 'vitest/config';
import base, { GENERATED_INPUT } from './vitest.config.js';

export default defineConfig({
  test: { ...base.test, include: GENERATED_INPUT, exclude: [] },
});
