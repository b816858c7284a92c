import { readFileSync } from 'node:fs';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { PACKAGE_NAME } from '../../version.js';
import { type Check, checksOf } from './check.js';
import { type Application, type InstalledPackage, nearest } from './installed-packages.js';

const { ok, warn, wrong } = checksOf('packages');
const node = checksOf('node');
const others = checksOf('others');

const API = '@opentelemetry/api';

/** Packages that belong to one version of OpenTelemetry's SDK. Others, such as its core, work beside another version. */
const SDK_PACKAGES = [
  'sdk-trace',
  'sdk-trace-base',
  'sdk-trace-node',
  'sdk-metrics',
  'sdk-logs',
  'sdk-node',
].map((name) => `@opentelemetry/${name}`);

const AGENTS_PACKAGES = [
  '@openai/agents',
  '@openai/agents-core',
  '@openai/agents-openai',
  '@openai/agents-realtime',
];

/** Packages that record the same calls, or bring an instrumentation that does. */
const OTHER_INSTRUMENTATIONS = [
  '@arizeai/openinference-instrumentation-openai',
  '@arizeai/openinference-instrumentation-openai-agents',
  '@azure/monitor-opentelemetry',
  '@elastic/opentelemetry-node',
  '@langfuse/openai',
  '@langfuse/otel',
  '@langtrase/typescript-sdk',
  '@opentelemetry/auto-instrumentations-node',
  '@opentelemetry/instrumentation-openai',
  '@posthog/ai',
  '@pydantic/logfire-node',
  '@sentry/node',
  '@traceloop/instrumentation-openai',
  '@traceloop/node-server-sdk',
  'braintrust',
  'dd-trace',
  'elastic-apm-node',
  'langfuse',
  'langsmith',
  'newrelic',
  'openlit',
  'opik-openai',
  'weave',
] as const;

/** Packages that are looked up even if no `package.json` lists them. */
export const WANTED_PACKAGES: readonly string[] = [
  PACKAGE_NAME,
  API,
  '@opentelemetry/api-logs',
  '@opentelemetry/instrumentation',
  ...SDK_PACKAGES,
  'import-in-the-middle',
  'openai',
  ...AGENTS_PACKAGES,
  ...OTHER_INSTRUMENTATIONS,
];

export function isOtherInstrumentation(name: string): boolean {
  return (OTHER_INSTRUMENTATIONS as readonly string[]).includes(name);
}

/** The `package.json` of this package, in which the supported versions are. */
function ownManifest() {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const { engines, peerDependencies } = asRecord(manifest) ?? {};
  const range = (of: unknown, name: string): string => asNonEmptyString(asRecord(of)?.[name]) ?? '';
  return {
    nodeRange: range(engines, 'node'),
    rangeOf: (name: string) => range(peerDependencies, name),
  };
}

/** The command that switches the package on. */
export function switchOn(program = 'app.js'): string {
  return `node --import ${PACKAGE_NAME}/register ${program}`;
}

/** @param version - as in `process.version`. */
export function nodeCheck(version: string): Check {
  const { nodeRange } = ownManifest();
  return satisfies(version, nodeRange)
    ? node.ok('node_version', `Node ${version.replace(/^v/, '')}`)
    : node.wrong(
        'node_version',
        `Node ${version.replace(/^v/, '')} is not supported (${nodeRange})`,
        'install Node 22 or newer',
      );
}

export function packageChecks(application: Application): Check[] {
  if (application.hidden) {
    return [
      warn(
        'plug_n_play',
        "the application uses Yarn's Plug'n'Play, whose packages only a process of yarn sees",
        'yarn agent-events doctor',
      ),
    ];
  }
  return [
    ...ownCheck(application),
    ...apiChecks(application),
    ...sdkChecks(application),
    ...loaderChecks(application),
    ...instrumentedChecks(application),
    ...(application.truncated ? [warn('truncated', 'there are more packages than are read')] : []),
  ];
}

export function otherChecks({ packages }: Application): Check[] {
  const found = packages.filter(({ name }) => isOtherInstrumentation(name));
  if (found.length === 0)
    return [others.ok('other_instrumentations', 'no other instrumentation is installed')];
  return found.map((other) =>
    others.warn(
      'other_instrumentations',
      `${shown(other)} is installed and may record the same calls a second time`,
      'switch its instrumentation of openai off, or leave it if you want both',
    ),
  );
}

function ownCheck(application: Application): Check[] {
  const copies = copiesOf(application, [PACKAGE_NAME]);
  if (copies.length > 0) return [ok('own_copies', copies.map(shown).join(', '))];
  return [
    wrong(
      'own_copies',
      `${PACKAGE_NAME} is not installed in ${application.folder}`,
      `${install(application)} ${PACKAGE_NAME}`,
    ),
  ];
}

/** Copies of the API share one global registry, which refuses a copy with a newer minor version than its own. */
function apiChecks(application: Application): Check[] {
  const copies = copiesOf(application, [API]);
  const range = ownManifest().rangeOf(API);
  if (copies.length === 0) {
    return [wrong('api_version', `${API} is not installed`, `${install(application)} ${API}`)];
  }
  const old = copies.filter(({ version }) => !satisfies(version, range));
  if (old.length > 0) {
    return old.map((copy) =>
      wrong(
        'api_version',
        `${shown(copy)} is not supported (${range})`,
        `${install(application)} ${API}@latest`,
      ),
    );
  }
  if (copies.length === 1) return [ok('api_copies', copies.map(shown).join(', '))];
  const minors = new Set(copies.map(({ version }) => parseVersion(version)?.slice(0, 2).join('.')));
  const list = copies.map(shown).join(' and ');
  const fix = dedupe(application, API);
  return minors.size > 1
    ? [
        wrong(
          'api_copies',
          `${list} are different versions, and the newer one gets no provider if the older one registers it`,
          fix,
        ),
      ]
    : [
        warn(
          'api_copies',
          `${list} are copies of one version; they share their providers, but one is enough`,
          fix,
        ),
      ];
}

function sdkChecks(application: Application): Check[] {
  const copies = copiesOf(application, SDK_PACKAGES);
  if (copies.length === 0) {
    return [
      warn(
        'sdk_version',
        'no OpenTelemetry SDK is installed, so no provider records spans unless another product brings one',
        `${install(application)} @opentelemetry/sdk-node`,
      ),
    ];
  }
  const majors = [...new Set(copies.map(sdkMajor))].sort();
  const direct = new Set(copies.filter(({ via }) => via.length === 0).map(sdkMajor));
  const list = versionsOf(copies);
  if (majors.length > 1) {
    const examples = majors.flatMap((major) => copies.filter((copy) => sdkMajor(copy) === major).slice(0, 1));
    const text = `versions ${majors.join(' and ')} of OpenTelemetry's SDK are mixed: ${examples.map(shown).join(', ')}`;
    const fix = `install one version of all @opentelemetry/sdk-* packages; see ${listing(application)} @opentelemetry/core`;
    return [direct.size > 1 ? wrong('sdk_mix', text, fix) : warn('sdk_mix', text, fix)];
  }
  if (majors[0] === 1) {
    return [
      wrong(
        'sdk_version',
        `OpenTelemetry's SDK 1 is not supported: ${list}`,
        `${install(application)} @opentelemetry/sdk-node@latest`,
      ),
    ];
  }
  return [ok('sdk_version', `OpenTelemetry SDK ${majors[0]}: ${list}`)];
}

/** The SDK that a package belongs to. Experimental packages are 0.2xx in SDK 2 and 0.3xx in SDK 3. */
function sdkMajor({ version }: InstalledPackage): number {
  const [major, minor] = parseVersion(version) ?? [0, 0];
  if (major > 0) return major;
  return minor >= 300 ? 3 : minor >= 200 ? 2 : 1;
}

function loaderChecks(application: Application): Check[] {
  const copies = copiesOf(application, ['import-in-the-middle']);
  if (copies.length <= 1) return copies.map((copy) => ok('hook_copies', shown(copy)));
  return [
    warn(
      'hook_copies',
      `${copies.map(shown).join(' and ')} are copies of the loader hook, and each knows only its own instrumentations`,
      `register ${PACKAGE_NAME}/hook.mjs, which is the hook of this package`,
    ),
  ];
}

function instrumentedChecks(application: Application): Check[] {
  const openai = copiesOf(application, ['openai']);
  const agents = copiesOf(application, AGENTS_PACKAGES);
  if (openai.length + agents.length === 0) {
    return [
      warn('instrumented', 'neither openai nor @openai/agents is installed, so there is nothing to record'),
    ];
  }
  const { rangeOf } = ownManifest();
  const checks = [
    ...openai.map((copy) => supported(application, copy, rangeOf('openai'))),
    ...agents.map((copy) => supported(application, copy, rangeOf('@openai/agents'))),
  ];
  const cores = agents.filter(({ name }) => name === '@openai/agents-core');
  if (cores.length > 1) {
    const text = `${cores.map(shown).join(' and ')} do not share their state: a run goes through one of them`;
    checks.push(warn('agents_copies', text, dedupe(application, '@openai/agents-core')));
  }
  return checks;
}

function supported(application: Application, copy: InstalledPackage, range: string): Check {
  return satisfies(copy.version, range)
    ? ok('instrumented', shown(copy))
    : wrong(
        'instrumented',
        `${shown(copy)} is not supported (${range}), so its calls may be missing`,
        `${install(application)} ${copy.name}@latest`,
      );
}

/** Oldest first, so that the output does not depend on the order of resolution. */
function copiesOf({ packages }: Application, names: readonly string[]): InstalledPackage[] {
  return packages
    .filter(({ name }) => names.includes(name))
    .sort((a, b) => {
      const order = compareVersions(
        parseVersion(a.version) ?? [0, 0, 0],
        parseVersion(b.version) ?? [0, 0, 0],
      );
      return names.indexOf(a.name) - names.indexOf(b.name) || order || a.folder.localeCompare(b.folder);
    });
}

/** `@opentelemetry/sdk-metrics 2.12.0 and 2.12.1, …`, since npm may install ten copies of one version. */
function versionsOf(copies: readonly InstalledPackage[]): string {
  const byName = new Map<string, Set<string>>();
  for (const { name, version } of copies) byName.set(name, (byName.get(name) ?? new Set()).add(version));
  return [...byName].map(([name, versions]) => `${name} ${[...versions].join(' and ')}`).join(', ');
}

function shown({ name, version, via }: InstalledPackage): string {
  return `${name} ${version}${via.length === 0 ? '' : ` (of ${via.at(-1)})`}`;
}

const LOCK_FILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
] as const;

function packageManager({ folder }: Application): 'npm' | 'pnpm' | 'yarn' | 'bun' {
  return LOCK_FILES.find(([file]) => nearest(folder, file) !== undefined)?.[1] ?? 'npm';
}

function install(application: Application): string {
  const manager = packageManager(application);
  return manager === 'npm' ? 'npm install' : `${manager} add`;
}

function listing(application: Application): string {
  const manager = packageManager(application);
  return manager === 'npm' ? 'npm ls' : manager === 'bun' ? 'bun pm ls --all' : `${manager} why`;
}

function dedupe(application: Application, name: string): string {
  const manager = packageManager(application);
  return manager === 'bun'
    ? `bun update ${name}`
    : `${manager} dedupe, and see ${listing(application)} ${name}`;
}

type Numbers = readonly [major: number, minor: number, patch: number];

/** The numbers of a version; `undefined` if it is not one. A pre-release counts as its release. */
function parseVersion(version: string): Numbers | undefined {
  const [, major, minor = '0', patch = '0'] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version.trim()) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Whether a version is in a range of `>=`, `<`, `^` and `||`. A version that cannot be read is in every range. */
function satisfies(version: string, range: string): boolean {
  const numbers = parseVersion(version);
  if (numbers === undefined) return true;
  return range.split('||').some((part) =>
    part
      .trim()
      .split(/\s+/)
      .every((comparator) => meets(numbers, comparator)),
  );
}

function meets(version: Numbers, comparator: string): boolean {
  const [, operator = '', text = ''] = /^(>=|<|\^)?(.*)$/.exec(comparator) ?? [];
  const bound = parseVersion(text);
  if (bound === undefined) return true;
  const order = compareVersions(version, bound);
  if (operator === '>=') return order >= 0;
  if (operator === '<') return order < 0;
  if (operator === '^') return order >= 0 && version[0] === bound[0];
  return order === 0;
}

function compareVersions(a: Numbers, b: Numbers): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
