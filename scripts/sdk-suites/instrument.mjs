/**
 * Set-up file for the vitest of an SDK's own suite: instruments the suite's module instances, the way a user would.
 *
 * It runs in `beforeAll`, so that a test file's mocks are in place before the modules are loaded, and the instances
 * that are instrumented are those that the tests use.
 *
 * Environment: `SDK_SUITES_MODE` (see `MODES` in `../sdk-suites.mjs`), `SDK_SUITES_ROOT` (this repository) and
 * `SDK_SUITES_MODULES` (comma-separated names to hand over: `openai`, `agents`, `realtime`).
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll } from 'vitest';

const { SDK_SUITES_MODE: mode, SDK_SUITES_ROOT: root, SDK_SUITES_MODULES: modules } = process.env;
const requireFromRoot = createRequire(path.join(root, 'package.json'));
const nativeImport = requireFromRoot('./scripts/sdk-suites/native-import.cjs');
const importFromRoot = (name) => nativeImport(pathToFileURL(requireFromRoot.resolve(name)).href);

/** How each module is named in a call of `manuallyInstrument`, and loaded in a suite. */
const LOADERS = {
  openai: () => import('openai'),
  agents: () => import('@openai/agents-core'),
  realtime: () => import('@openai/agents-realtime'),
};

if (mode !== 'bare') {
  beforeAll(async () => {
    const { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } =
      await importFromRoot('./dist/index.js');
    if (mode !== 'no-provider') {
      const { NodeTracerProvider } = await importFromRoot('@opentelemetry/sdk-trace-node');
      const processor = new ChaukasSpanProcessor({ sinks: [new MemorySink({ capacity: 1000 })] });
      new NodeTracerProvider({ spanProcessors: [processor] }).register();
    }
    for (let count = 0; count < (mode === 'twice' ? 2 : 1); count += 1) {
      const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: mode !== 'events' });
      for (const name of modules.split(',')) {
        try {
          instrumentation.manuallyInstrument({ [name]: await LOADERS[name]() });
        } catch {
          // The test file replaces this module, or one that it needs, by a mock.
        }
      }
    }
  }, 60_000);
}
