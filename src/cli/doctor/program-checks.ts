import path from 'node:path';
import { PACKAGE_NAME } from '../../version.js';
import { counted } from '../output/quantities.js';
import { type Check, checksOf } from './check.js';
import { isOtherInstrumentation, switchOn } from './package-checks.js';
import type { LoadedPackage, ProcessReport } from './preload.js';
import type { ProgramRun } from './program-run.js';

const { ok, warn, wrong } = checksOf('program');

/** The packages whose modules are hooked. `@openai/agents` re-exports its core. */
const HOOKED_PACKAGES = ['openai', '@openai/agents-core'] as const;
/** The name of each in `manuallyInstrument()`'s record. */
const MANUAL: Readonly<Record<string, string>> = {
  openai: 'openai',
  '@openai/agents-core': '@openai/agents',
};
const MANUAL_OPTION: Readonly<Record<string, string>> = { openai: 'openai', '@openai/agents-core': 'agents' };

/** Checks of a run: how it ended, and what its processes loaded and recorded. */
export function programChecks({ exitCode, signal, stopped, reports }: ProgramRun): Check[] {
  const ending = endingCheck(exitCode, signal, stopped);
  if (reports.length === 0) {
    return [
      ending,
      wrong('no_report', 'no process of Node started, or it could not be watched; is it Node that runs it?'),
    ];
  }
  // A program of several processes, such as npm and what it starts: those that matter have a package of ours.
  const relevant = reports.filter((report) => concerned(report).length > 0);
  if (relevant.length === 0) {
    const text = `none of ${counted(reports.length, 'process', 'processes')} loaded openai or @openai/agents`;
    return [ending, warn('loaded', text, 'let the program make a call, since some load them late')];
  }
  return [ending, ...relevant.flatMap(processChecks)];
}

function endingCheck(exitCode: number, signal: string | undefined, stopped: boolean): Check {
  if (stopped) return ok('ended', 'the program was ended when its time was over');
  if (signal === 'SIGINT') return ok('ended', 'the program was ended by Ctrl-C');
  if (exitCode === 0) return ok('ended', 'the program ended with exit code 0');
  const how = signal === undefined ? `with exit code ${exitCode}` : `by ${signal}`;
  return wrong('ended', `the program ended ${how}`, 'its own output is above');
}

/** The names of the packages that a process loaded or has in a bundle. */
function concerned({ packages, bundles }: ProcessReport): string[] {
  return [...packages, ...bundles]
    .map(({ name }) => name)
    .filter((name) => HOOKED_PACKAGES.includes(name as never));
}

function processChecks(report: ProcessReport): Check[] {
  const others = [...new Set(report.packages.map(({ name }) => name).filter(isOtherInstrumentation))];
  return [
    ...(report.ownSpansExpected ? [] : [noInstrumentation()]),
    ...report.packages
      .filter(({ name }) => HOOKED_PACKAGES.includes(name as never))
      .map((loaded) => loadedCheck(loaded, report)),
    ...report.bundles.map(({ name, file }) => bundleCheck(name, file, report)),
    providerCheck(report),
    ...spanChecks(report),
    ...others.map((name) =>
      warn(
        'other_instrumentations',
        `${name} was loaded and may record the same calls a second time`,
        'switch its instrumentation of openai off, or leave it if you want both',
      ),
    ),
  ];
}

function noInstrumentation(): Check {
  const text = `no OpenAIAgentsInstrumentation of ${PACKAGE_NAME} was created`;
  return wrong('instrumentation', text, switchOn());
}

function loadedCheck(loaded: LoadedPackage, report: ProcessReport): Check {
  const { name, version, esModule, hooked, loadedAt } = loaded;
  const { instrumentations, loaderHook } = report;
  const what = `${name} ${version} (${esModule ? 'ES module' : 'CommonJS'})`;
  if (isManual(name, report)) return ok('hooked', `${what} was passed to manuallyInstrument()`);
  if (instrumentations.length === 0) {
    // The drop-in classes and traceOpenAI() need no hook.
    if (report.ownSpansExpected) return ok('hooked', `${what} is loaded, and single clients are traced`);
    return warn('hooked', `${what} was loaded, and nothing hooked it`);
  }
  const first = Math.min(...instrumentations.map(({ startedAt }) => startedAt));
  const seen = instrumentations.some(({ modules }) => modules.includes(name));
  if (seen && (hooked || !esModule)) return ok('hooked', `${what} was hooked when it was loaded`);
  const manual = `or pass it to manuallyInstrument({ ${MANUAL_OPTION[name]} })`;
  if (loadedAt < first) {
    const text = `${what} was loaded before the instrumentation was created, so nothing hooked it`;
    return wrong('hooked', text, `${switchOn()}, ${manual}`);
  }
  if (!esModule)
    return wrong('hooked', `${what} was loaded, and no instrumentation saw it`, `${switchOn()}, ${manual}`);
  if (!loaderHook) {
    const text = `${what} was imported without a loader hook, so nothing hooked it`;
    return wrong('hooked', text, `${switchOn()}, ${manual}`);
  }
  const text = hooked
    ? `${what} came through a loader hook that does not know this instrumentation`
    : `${what} was imported before the loader hook was there, or past it`;
  return wrong('hooked', text, `register ${PACKAGE_NAME}/hook.mjs first (${switchOn()}), ${manual}`);
}

function bundleCheck(name: string, file: string, report: ProcessReport): Check {
  const text = `${name} is bundled into ${path.basename(file)}, where no hook sees it`;
  if (isManual(name, report)) return ok('bundled', `${text}; it was passed to manuallyInstrument()`);
  if (report.instrumentations.length === 0 && report.ownSpansExpected) {
    return ok('bundled', `${text}; single clients are traced`);
  }
  const fix = `make ${name} external in the bundler's settings, or pass it to manuallyInstrument({ ${MANUAL_OPTION[name]} })`;
  return wrong('bundled', text, fix);
}

function isManual(name: string, { instrumentations }: ProcessReport): boolean {
  return instrumentations.some(({ manual }) => manual.includes(MANUAL[name] ?? name));
}

function providerCheck({ provider }: ProcessReport): Check {
  return provider === undefined
    ? wrong(
        'provider',
        'no tracer provider is registered with the @opentelemetry/api that other packages see',
        'start an SDK, or call provider.register()',
      )
    : ok('provider', `a tracer provider is registered (${provider})`);
}

function spanChecks({ spans, provider }: ProcessReport): Check[] {
  const { started, recorded } = spans;
  if (started === 0)
    return [warn('spans', 'no span of this package was started', 'let the program make a call')];
  if (recorded > 0) {
    return [ok('spans', `${counted(started, 'span')} of this package, ${recorded} of them recorded`)];
  }
  const cause =
    provider === undefined
      ? 'there is no provider'
      : 'the sampler left them out, or the provider was shut down';
  return [wrong('spans', `${counted(started, 'span')} of this package, none of them recorded: ${cause}`)];
}
