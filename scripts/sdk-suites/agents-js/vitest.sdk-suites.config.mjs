// Copied into a checkout of openai/openai-agents-js: its packages' tests with our set-up file behind its own.
import { resolve } from 'node:path';
import {
  createWorkspacePackageAliases,
  readWorkspacePackages,
} from './helpers/vitest/workspacePackageAliases';

process.env.NODE_ENV = 'test';
process.env.OPENAI_AGENTS_TEST_PROFILE = 'full';
process.env.CI = '1';

const packages = readWorkspacePackages(resolve(import.meta.dirname, 'packages'));
const alias = createWorkspacePackageAliases(packages);
const project = packages.find(({ root }) => root.endsWith(`/${process.env.SDK_SUITES_PROJECT}`));

export default {
  root: project.root,
  resolve: { alias },
  test: {
    alias,
    setupFiles: [
      resolve(import.meta.dirname, 'helpers/tests/console-guard.ts'),
      resolve(import.meta.dirname, 'sdk-suites-instrument.mjs'),
    ],
    globalSetup: resolve(import.meta.dirname, 'helpers/tests/setup.ts'),
    pool: 'threads',
    poolOptions: { threads: { minThreads: 1, maxThreads: 2 } },
    server: { deps: { external: [`${process.env.SDK_SUITES_ROOT}/dist/`, /\/node_modules\//] } },
  },
};
