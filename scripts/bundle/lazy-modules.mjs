// The modules that Node loads when they are used, and not with the file that imports them. Importing `.` adds 10 ms and 0.4 MB
// of heap that way, and 199 ms and 5.6 MB with all of the code (docs/performance.md, "Start-up"; `npm run bench:startup`).
//
// A module is listed here instead of being loaded by hand in src/, so that the source says what depends on what, and
// bundlers, which leave out what is unused themselves, see ordinary imports.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The parts, each a file of its own in dist/bundled/ with what it shares with no other. `importers` are the only files that
 * import the part lazily; without them all do, so that there is one lazy class of a class that applications get.
 */
const PARTS = {
  instrumentation: { modules: ['instrumentation/openai-agents-instrumentation.js'] },
  processor: { modules: ['events/chaukas-span-processor.js'] },
  'local-sinks': { modules: ['sinks/file-sink.js', 'sinks/stdout-sink.js'] },
  'remote-sinks': {
    modules: [
      'sinks/chaukas-api-sink.js',
      'sinks/http-sink.js',
      'sinks/kafka-sink.js',
      'sinks/otlp-log-sink.js',
    ],
  },
  environment: {
    importers: ['index.js', 'node/start-options.js'],
    modules: ['environment/config-from-env.js', 'events/config.js'],
  },
  redaction: {
    importers: ['instrumentation/config.js', 'redaction/redaction-rule.js'],
    modules: ['redaction/redaction-problems.js', 'redaction/redactor.js'],
  },
  record: {
    importers: ['index.js'],
    modules: [
      'instrumentation/session/open-session.js',
      'instrumentation/session/with-context.js',
      'record/data-access.js',
      'record/feedback.js',
      'record/policy-decision.js',
      'record/state-update.js',
      'record/system-event.js',
      'record/with-approver.js',
    ],
  },
  client: {
    importers: ['index.js', 'openai.js', 'instrumentation/instrumented-modules.js'],
    modules: ['instrumentation/client/client-hooks.js', 'instrumentation/client/trace-openai.js'],
  },
  agents: {
    importers: ['instrumentation/instrumented-modules.js'],
    modules: [
      'instrumentation/agents/agents-hooks.js',
      'instrumentation/agents/session-store-hooks.js',
      'instrumentation/agents/tool-errors.js',
      'instrumentation/agents/tracing-exporter.js',
      'instrumentation/mcp/mcp-handshake.js',
      'instrumentation/mcp/mcp-hooks.js',
    ],
  },
  realtime: {
    importers: ['instrumentation/instrumented-modules.js'],
    modules: ['instrumentation/openai-sockets.js', 'instrumentation/realtime/realtime-hooks.js'],
  },
};

/**
 * Small modules that nearly all parts share. Each combination of them that a part has would be a file of its own, and a
 * small file costs Node more to find than to read. So each part has them all. They import no other package.
 */
const SHARED = [
  'bounded-map.js',
  'clock.js',
  'chaukas/canonical-json.js',
  'chaukas/event-schema.js',
  'diagnostics/api-globals.js',
  'diagnostics/guard.js',
  'diagnostics/process-exit.js',
  'installed-module.js',
  'json/json.js',
  'json/readers.js',
  'json/sdk-members.js',
  'json/without-undefined.js',
  'options/option-rules.js',
  'sinks/delivery-error.js',
  'sinks/delivery-options.js',
  'sinks/memory-sink.js',
  'spans/capture-mode.js',
  'steps.js',
  'text/show-value.js',
  'text/well-formed.js',
  'version.js',
];

const RUNTIME = path.join(import.meta.dirname, 'lazy-exports.js');

/** Entries that share little with the rest; the second hands on all exports of `openai`, its default one included. */
const WITHOUT_SHARED = ['index.js', 'openai.js'];

/**
 * Returns what esbuild makes the files of dist/bundled/ of: each part, and each entry.
 *
 * @param {ReadonlyMap<string, string>} entries - the names of entries, and their files in the ESM build.
 */
export function entryPoints(entries) {
  return Object.fromEntries([
    ...Object.entries(PARTS).map(([part, { modules }]) => [`part-${part}`, `${WITH_SHARED}${modules}`]),
    ...[...entries].map(([name, file]) => [
      name,
      WITHOUT_SHARED.includes(file) ? `./${file}` : `${WITH_SHARED}${file}`,
    ]),
  ]);
}

/** Before the names of files, with commas between: a module that has their exports, and loads the shared modules. */
const WITH_SHARED = 'with-shared:';

/**
 * Replaces each lazy import by functions and classes that load the part with `loadLazy()`. A constant cannot be imported
 * from a part; the build fails.
 *
 * @param {string} dist - the folder of the ESM build.
 * @returns {import('esbuild').Plugin}
 */
export function lazyModules(dist) {
  const nameOf = (file) => path.relative(dist, file).split(path.sep).join('/');
  return {
    name: 'lazy modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${WITH_SHARED}`) }, ({ path: files }) => ({
        path: files.slice(WITH_SHARED.length),
        namespace: WITH_SHARED,
      }));
      onLoad({ filter: /./, namespace: WITH_SHARED }, ({ path: files }) => ({
        contents: [
          ...SHARED.map((file) => `import './${file}';`),
          ...files.split(',').map((file) => `export * from './${file}';`),
        ].join('\n'),
        resolveDir: dist,
      }));
      // Without this, esbuild leaves out an import of which nothing is used.
      onResolve({ filter: /^\.\// }, ({ path: specifier, namespace, kind }) =>
        namespace === WITH_SHARED && kind === 'import-statement'
          ? { path: path.join(dist, specifier), sideEffects: true }
          : undefined,
      );

      onResolve({ filter: /^\.{1,2}\// }, ({ path: specifier, resolveDir, importer, kind, namespace }) => {
        if (kind !== 'import-statement' || namespace !== 'file') return undefined;
        const module = nameOf(path.join(resolveDir, specifier));
        const part = partOf(module, nameOf(importer));
        return part && { path: module, namespace: 'lazy', pluginData: part };
      });
      onLoad({ filter: /./, namespace: 'lazy' }, async ({ path: module, pluginData: part }) => ({
        contents: standIn(await import(pathToFileURL(path.join(dist, module)).href), part),
        resolveDir: dist,
      }));
    },
  };
}

/** Returns the part that has a module, if a file imports it lazily. */
function partOf(module, importer) {
  return Object.keys(PARTS).find((name) => {
    const { modules, importers } = PARTS[name];
    return modules.includes(module) && (importers === undefined || importers.includes(importer));
  });
}

/** @param {object} exports - of a module, which the build has loaded. */
function standIn(exports, part) {
  const lines = Object.entries(exports)
    .filter(([, value]) => typeof value === 'function')
    .map(([name, value]) => {
      const args = `${JSON.stringify(name)}, load`;
      if (!/^class\b/.test(Function.prototype.toString.call(value)))
        return `export const ${name} = /* @__PURE__ */ lazyFunction(${args});`;
      const [statics, methods] = [methodsOf(value), methodsOf(value.prototype)];
      if (statics.length > 0) throw new Error(`${name}: a lazy class has no static methods: ${statics}`);
      return `export const ${name} = /* @__PURE__ */ lazyClass(${args}, ${JSON.stringify(methods)});`;
    });
  return [
    `import { lazyClass, lazyFunction } from ${JSON.stringify(RUNTIME)};`,
    `const load = () => loadLazy('part-${part}');`,
    ...lines,
  ].join('\n');
}

function methodsOf(object) {
  return Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => name);
}
