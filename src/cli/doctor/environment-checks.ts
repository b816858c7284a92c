import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInstrumentationEnvironment } from '../../environment/instrumentation-environment.js';
import {
  EXPORTERS,
  oneWordOf,
  SAMPLERS,
  type SamplerName,
  wordsOf,
} from '../../environment/otel-variables.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { CAPTURE_MESSAGE_CONTENT_VARIABLE, modeOfEnvironment } from '../../spans/capture-mode.js';
import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME } from '../../version.js';
import type { EnvironmentVariables } from '../output/output.js';
import { type Check, checksOf } from './check.js';
import type { Application } from './installed-packages.js';
import { switchOn } from './package-checks.js';

const { ok, warn, wrong } = checksOf('environment');
const hook = checksOf('hook');

/** A rule for one variable, or for several that belong together. */
type EnvironmentRule = (env: EnvironmentVariables, folder: string) => Check[];

const RATIO_SAMPLERS: readonly SamplerName[] = ['traceidratio', 'parentbased_traceidratio'];

const RULES: readonly EnvironmentRule[] = [
  sdkDisabled,
  exporters,
  sampler,
  captureMode,
  instrumentationVariables,
  configurationFile,
  nodeOptions,
];

/**
 * Checks the variables that switch OpenTelemetry and this package.
 *
 * @param folder - the folder that the application starts in.
 */
export function environmentChecks(env: EnvironmentVariables, folder: string): Check[] {
  const found = RULES.flatMap((rule) => rule(env, folder));
  return found.length > 0 ? found : [ok('environment', 'no variable switches anything off')];
}

function sdkDisabled({ OTEL_SDK_DISABLED: value = '' }: EnvironmentVariables): Check[] {
  const word = value.trim().toLowerCase();
  if (word === '' || word === 'false') return [];
  if (word === 'true') {
    const text =
      'OTEL_SDK_DISABLED=true switches OpenTelemetry off: no span is recorded and no event is written';
    return [wrong('sdk_disabled', text, 'unset OTEL_SDK_DISABLED')];
  }
  const text = `OTEL_SDK_DISABLED is ${showValue(value)}, which has no effect; only true has one`;
  return [warn('sdk_disabled', text, 'unset OTEL_SDK_DISABLED')];
}

function exporters(env: EnvironmentVariables): Check[] {
  return Object.entries<readonly string[]>(EXPORTERS).flatMap(([variable, known]) => {
    const given = wordsOf(env[variable]);
    const unknown = given.filter((word) => !known.includes(word));
    const checks = unknown.map((word) =>
      warn('exporter', `${variable} names ${showValue(word)}, which is not one of ${known.join(', ')}`),
    );
    if (!given.includes('none')) return checks;
    if (given.length > 1) {
      const text = `${variable}=${given.join(',')} contradicts itself: none beside others`;
      return [...checks, wrong('exporter', text, `remove none from ${variable}`)];
    }
    if (variable === 'OTEL_TRACES_EXPORTER') {
      const text = 'OTEL_TRACES_EXPORTER=none: spans leave the process only through processors set in code';
      checks.push(warn('exporter', text, 'unset OTEL_TRACES_EXPORTER, unless you want audit events alone'));
    }
    if (variable === 'OTEL_LOGS_EXPORTER' && ['EVENT_ONLY', 'SPAN_AND_EVENT'].includes(mode(env))) {
      const text = `${CAPTURE_MESSAGE_CONTENT_VARIABLE} puts content into log records, and OTEL_LOGS_EXPORTER=none drops them`;
      checks.push(
        wrong(
          'exporter',
          text,
          `set ${CAPTURE_MESSAGE_CONTENT_VARIABLE}=SPAN_ONLY, or OTEL_LOGS_EXPORTER=otlp`,
        ),
      );
    }
    return checks;
  });
}

function mode(env: EnvironmentVariables): string {
  return modeOfEnvironment(env, () => {});
}

function sampler({
  OTEL_TRACES_SAMPLER: name = '',
  OTEL_TRACES_SAMPLER_ARG: ratio = '',
}: EnvironmentVariables): Check[] {
  const word = oneWordOf(SAMPLERS, name);
  const fix = 'unset OTEL_TRACES_SAMPLER, or use AlwaysRecordSampler so that events stay complete';
  if (name.trim() === '') return [];
  if (word === undefined) {
    const text = `OTEL_TRACES_SAMPLER is ${showValue(name)}, which OpenTelemetry for Node does not know`;
    return [warn('sampler', text)];
  }
  if (word.endsWith('always_off')) {
    return [wrong('sampler', `OTEL_TRACES_SAMPLER=${word} leaves every trace of this process out`, fix)];
  }
  if (RATIO_SAMPLERS.includes(word)) {
    const share = ratio.trim() === '' ? 1 : Number(ratio);
    if (share === 0)
      return [wrong('sampler', `OTEL_TRACES_SAMPLER_ARG=${ratio.trim()} leaves every trace out`, fix)];
    if (share > 0 && share < 1) {
      const text = `${word} keeps a share of ${share} of the traces, and their events unless AlwaysRecordSampler is used`;
      return [warn('sampler', text)];
    }
    if (share === 1) return [];
    const text = `OTEL_TRACES_SAMPLER_ARG is ${showValue(ratio)}; it must be a number from 0 to 1`;
    return [wrong('sampler', text)];
  }
  return [];
}

function captureMode(env: EnvironmentVariables): Check[] {
  const problems: string[] = [];
  const captured = modeOfEnvironment(env, (message) => problems.push(message));
  if (problems.length > 0) {
    return problems.map((text) =>
      wrong('capture_mode', text, `set ${CAPTURE_MESSAGE_CONTENT_VARIABLE}=SPAN_ONLY, or unset it`),
    );
  }
  if (captured === 'NO_CONTENT') return [];
  return [ok('capture_mode', `message content is captured (${captured})`)];
}

function instrumentationVariables(env: EnvironmentVariables): Check[] {
  return readInstrumentationEnvironment(env).problems.map((text) =>
    wrong('instrumentation_variable', text, 'correct the variable, or unset it'),
  );
}

function configurationFile({
  OTEL_CONFIG_FILE: current,
  OTEL_EXPERIMENTAL_CONFIG_FILE: older,
}: EnvironmentVariables) {
  if ((current ?? older ?? '') === '') return [];
  return [
    warn(
      'configuration_file',
      'a configuration file is set (OTEL_CONFIG_FILE), and an SDK that reads it ignores other OTEL_* variables',
    ),
  ];
}

function nodeOptions({ NODE_OPTIONS: options = '' }: EnvironmentVariables, folder: string): Check[] {
  const checks = preloadsOf(options).flatMap(({ flag, name }) =>
    resolves(flag, name, folder)
      ? []
      : [
          wrong(
            'node_options',
            `NODE_OPTIONS has ${flag} ${showValue(name)}, which cannot be found from ${folder}`,
          ),
        ],
  );
  if (/(^|\s)--no-experimental-require-module(\s|$)/.test(options)) {
    checks.push(
      warn(
        'node_options',
        'NODE_OPTIONS switches require() of ES modules off, so CommonJS gets a copy of its own',
      ),
    );
  }
  return checks;
}

interface Preload {
  readonly flag: string;
  readonly name: string;
}

/** The modules that `NODE_OPTIONS` or a command line loads before the program. */
export function preloadsOf(options: string): Preload[] {
  const found = options.matchAll(
    /(?:^|\s)(--import|--require|-r|--loader|--experimental-loader)[=\s]+("[^"]*"|\S+)/g,
  );
  return [...found].map(([, flag = '', name = '']) => ({ flag, name: name.replaceAll('"', '') }));
}

function resolves(flag: string, name: string, folder: string): boolean {
  if (/^(data|node):/.test(name)) return true;
  try {
    createRequire(path.join(folder, 'noop.js')).resolve(
      name.startsWith('file:') ? fileURLToPath(name) : name,
    );
    return true;
  } catch (error) {
    // A package with an entry for `import` alone was found.
    const importOnly = (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
    return importOnly && flag !== '--require' && flag !== '-r';
  }
}

const RUN_IT = 'agent-events doctor -- node app.js';

/**
 * Checks whether something loads the hook for ES modules before the application: `NODE_OPTIONS`, or a script of
 * `package.json`. Only a run of the program shows whether the hook is there in time.
 */
export function hookChecks({ manifest }: Application, env: EnvironmentVariables): Check[] {
  const inVariable = preloadsOf(env.NODE_OPTIONS ?? '');
  const own = inVariable.find(({ name }) => name.startsWith(`${PACKAGE_NAME}/`));
  if (own !== undefined) return [hook.ok('hook', `NODE_OPTIONS loads ${own.name} first`)];
  const scripts = Object.entries(asRecord(manifest?.scripts) ?? {}).flatMap(([script, command]) =>
    preloadsOf(asNonEmptyString(command) ?? '').map(({ flag, name }) => ({ script, flag, name })),
  );
  const preloads = [
    ...inVariable.map(({ flag, name }) => `NODE_OPTIONS (${flag} ${showValue(name)})`),
    ...scripts.map(({ script, flag, name }) => `script "${script}" (${flag} ${showValue(name)})`),
  ];
  if (preloads.length > 0) {
    const text = `a module is loaded before the application by ${preloads.slice(0, 5).join(' and ')}`;
    return [hook.ok('hook', `${text}; whether it has the hook, a run shows: ${RUN_IT}`)];
  }
  if (manifest?.type !== 'module') {
    return [hook.ok('hook', `CommonJS needs no loader hook; for ES modules: ${switchOn()}`)];
  }
  return [
    hook.warn(
      'hook',
      'no --import in NODE_OPTIONS or in a script, so the imports of ES modules may not be seen',
      `${switchOn()}; to see what is hooked: ${RUN_IT}`,
    ),
  ];
}
