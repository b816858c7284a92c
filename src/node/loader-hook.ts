/** The loader hook by which OpenTelemetry sees the imports of ES modules. */
import module, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { instrumentedImports } from '../instrumentation/instrumented-modules.js';
import { PACKAGE_NAME } from '../version.js';

interface SyncHooks {
  supportsSyncHooks(): boolean;
  register(options: object): void;
}

const REGISTERED = Symbol.for(`${PACKAGE_NAME}.loader hook`);

/**
 * Registers the loader hook of this package's own `import-in-the-middle`, once per process.
 *
 * It runs in the application's thread if Node can (22.22.3, 24.11.1, 26 and newer), else in a thread of its own.
 * `module.register()` is deprecated in Node 26 and prints a warning there.
 *
 * @param everyModule - whether the imports of all modules are seen, for other instrumentations. Otherwise only those of
 * the instrumented modules are, and nothing else of the application passes the hook.
 */
export function registerLoaderHook(everyModule: boolean): void {
  if (Reflect.get(globalThis, REGISTERED) === true) return;
  Reflect.defineProperty(globalThis, REGISTERED, { value: true });
  // The copy with which `@opentelemetry/instrumentation` works; it is not a dependency of this package.
  const require = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/instrumentation'));
  const data = everyModule ? {} : { include: instrumentedOnly() };
  const hooks = syncHooks(require);
  if (hooks !== undefined) hooks.register(data);
  else {
    const parentURL = pathToFileURL(require.resolve('import-in-the-middle')).href;
    module.register('import-in-the-middle/hook.mjs', { parentURL, data });
  }
}

/** Under npm, pnpm and yarn each file of a package is below a folder `node_modules`. */
function instrumentedOnly(): (string | RegExp)[] {
  const { packages, files } = instrumentedImports();
  const paths = files.map((file) => file.replaceAll('.', String.raw`\.`));
  return [...packages, new RegExp(`/node_modules/(${paths.join('|')})$`)];
}

/**
 * Versions of import-in-the-middle before 3.2 have no such hooks. Those after it judge Bun by the version of Node that it
 * names, and Bun has no `registerHooks` and a `register` without effect (1.4).
 */
function syncHooks(require: NodeJS.Require): SyncHooks | undefined {
  if (typeof Reflect.get(module, 'registerHooks') !== 'function') return undefined;
  try {
    const hooks = require('import-in-the-middle/register-hooks.mjs') as SyncHooks;
    return hooks.supportsSyncHooks() ? hooks : undefined;
  } catch {
    return undefined;
  }
}
