/**
 * Loaded into a program before anything else by `agent-events doctor -- node app.js`, through `NODE_OPTIONS`. Writes a
 * report on the process into a folder when it ends, and once a second, because a signal may end it without notice.
 *
 * It sees modules through the inspector, whose reports no loader hook can change, and it does not take part in loading.
 * It changes nothing else in the program: no signal is handled, no promise is awaited, and its timer keeps nothing alive.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { apiSlots } from '../../diagnostics/api-globals.js';
import { PACKAGE_MARKS } from '../../instrumentation/package-marks.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { ownSpansExpected, runningInstrumentations } from '../../signals/running-instrumentations.js';
import { onSpanStart } from '../../signals/signal-channel.js';

/** A package of which a module was loaded. */
export interface LoadedPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** Whether it was loaded by `import`; otherwise by `require()`. */
  readonly esModule: boolean;
  /** Whether a loader hook was in between. Meaningful for ES modules only. */
  readonly hooked: boolean;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
}

/** The members of one process. */
export interface ProcessReport {
  readonly pid: number;
  readonly program: string;
  readonly node: string;
  /** Absent while it runs, and if a signal ended it. */
  readonly exitCode?: number;
  readonly packages: readonly LoadedPackage[];
  /** Whether any module came through a loader hook of OpenTelemetry's kind. */
  readonly loaderHook: boolean;
  /** Files that contain a copy of a package: a bundle. */
  readonly bundles: readonly { readonly name: string; readonly file: string }[];
  readonly instrumentations: readonly {
    readonly version: string;
    readonly startedAt: number;
    readonly modules: readonly string[];
    readonly manual: readonly string[];
  }[];
  /** Whether an instrumentation runs or a single client is traced. */
  readonly ownSpansExpected: boolean;
  /** The class of the registered tracer provider. */
  readonly provider?: string;
  readonly spans: { readonly started: number; readonly recorded: number };
}

/** The variable with the folder of the reports. */
export const REPORT_FOLDER_VARIABLE = 'AGENT_EVENTS_DOCTOR_FOLDER';

const REPORT_EVERY_MS = 1_000;

/** Files that are searched for bundled packages. */
const MAX_SEARCHED_FILES = 1_000;

const IN_NODE_MODULES = /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))[\\/]/;
/** A linked copy of this package is not in `node_modules`. */
const OWN_FOLDER = fileURLToPath(new URL('../../', import.meta.url));
/** Hooks of import-in-the-middle mark the addresses of the modules that they wrap. */
const HOOK_MARK = /[?&]iitm=/;

/** Reports on the process that it runs in. */
class ProcessWatch {
  readonly #file: string;
  readonly #packages = new Map<string, LoadedPackage>();
  readonly #hookedFolders = new Set<string>();
  readonly #ownFiles = new Set<string>();
  #loaderHook = false;
  #started = 0;
  #recorded = 0;
  #written = '';

  constructor(folder: string) {
    this.#file = path.join(folder, `${process.pid}.json`);
    const session = new Session();
    session.connect();
    session.on('Debugger.scriptParsed', ({ params }) => this.#loaded(params.url, params.isModule === true));
    session.post('Debugger.enable');
    // A `debugger` statement must not stop the program.
    session.post('Debugger.setSkipAllPauses', { skip: true });
    onSpanStart((recorded) => {
      this.#started += 1;
      if (recorded) this.#recorded += 1;
    });
    setInterval(() => this.#write(undefined), REPORT_EVERY_MS).unref();
    process.on('exit', (code) => this.#write(code));
  }

  #loaded(url: string, esModule: boolean): void {
    const hooked = HOOK_MARK.test(url);
    this.#loaderHook ||= hooked;
    const file = fileOf(url);
    if (file === undefined || file.startsWith(OWN_FOLDER)) return;
    const [, folder, name] = IN_NODE_MODULES.exec(file) ?? [];
    if (folder === undefined || name === undefined) {
      if (this.#ownFiles.size < MAX_SEARCHED_FILES) this.#ownFiles.add(file);
      return;
    }
    this.#loadedFile(file, { name: name.replaceAll('\\', '/'), folder, esModule, hooked });
  }

  #loadedFile(file: string, from: Pick<LoadedPackage, 'name' | 'folder' | 'esModule' | 'hooked'>): void {
    const { name, folder, esModule, hooked } = from;
    // A hook may mark any file of the package.
    if (hooked) this.#hookedFolders.add(folder);
    const key = `${folder} ${esModule}`;
    if (
      this.#packages.has(key) ||
      PACKAGE_MARKS.find((mark) => mark.name === name)?.file.test(file) === false
    )
      return;
    this.#packages.set(key, { ...from, version: '', loadedAt: Date.now() });
  }

  #write(exitCode: number | undefined): void {
    try {
      const text = JSON.stringify(this.#report(exitCode));
      if (text === this.#written) return;
      this.#written = text;
      writeFileSync(`${this.#file}.part`, text);
      renameSync(`${this.#file}.part`, this.#file);
    } catch {
      // The folder is gone: the command has ended.
    }
  }

  #report(exitCode: number | undefined): ProcessReport {
    const provider = providerName();
    return {
      pid: process.pid,
      program: process.argv[1] ?? '',
      node: process.version,
      ...(exitCode !== undefined && { exitCode }),
      packages: [...this.#packages.values()].map((loaded) => ({
        ...loaded,
        version: versionIn(loaded.folder),
        hooked: loaded.esModule && this.#hookedFolders.has(loaded.folder),
      })),
      loaderHook: this.#loaderHook,
      bundles: [...this.#ownFiles].flatMap(bundledIn),
      instrumentations: [...runningInstrumentations()].map(({ version, startedAt, modules, manual }) => ({
        version,
        startedAt,
        modules: [...modules.keys()],
        // A copy of this package of an earlier version does not have it.
        manual: [...(manual ?? [])],
      })),
      ownSpansExpected: ownSpansExpected(),
      ...(provider !== undefined && { provider }),
      spans: { started: this.#started, recorded: this.#recorded },
    };
  }
}

function fileOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return path.isAbsolute(url) ? url : undefined;
  try {
    return fileURLToPath(url.replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
}

const versions = new Map<string, string>();

function versionIn(folder: string): string {
  let version = versions.get(folder);
  if (version === undefined) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      version = asNonEmptyString(asRecord(manifest)?.version) ?? '';
    } catch {
      version = '';
    }
    versions.set(folder, version);
  }
  return version;
}

const searched = new Map<string, ProcessReport['bundles']>();

function bundledIn(file: string): ProcessReport['bundles'] {
  let found = searched.get(file);
  if (found === undefined) {
    try {
      const source = readFileSync(file, 'utf8');
      found = PACKAGE_MARKS.flatMap(({ name, text }) => (source.includes(text) ? [{ name, file }] : []));
    } catch {
      found = [];
    }
    searched.set(file, found);
  }
  return found;
}

/** The API keeps the provider behind a proxy, which is present once one is registered. */
function providerName(): string | undefined {
  const proxy = asRecord(apiSlots()?.trace);
  if (proxy === undefined) return undefined;
  const delegate = typeof proxy.getDelegate === 'function' ? asRecord(proxy.getDelegate()) : proxy;
  const name = delegate?.constructor?.name;
  return name === undefined || name === 'NoopTracerProvider' ? undefined : name;
}

const folder = process.env[REPORT_FOLDER_VARIABLE];
if (isMainThread && folder !== undefined) {
  try {
    new ProcessWatch(folder);
  } catch {
    // No inspector (another runtime, or Node's permission model): the program runs without a report.
  }
}
