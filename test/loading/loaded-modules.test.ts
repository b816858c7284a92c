/** The modules that the entries load: an application pays for each of them at its start. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { PROJECT } from '../run-fixture.js';

// Far longer than it takes on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';
const DIST = path.join(PROJECT, 'dist');
const BUNDLED = path.join(DIST, 'bundled/');
const SOURCES = path.join(PROJECT, 'src');

/** Writes the address of each module into a file. It runs in a thread of its own, in which nothing else is loaded. */
const LOADER = `
import fs from 'node:fs';
let file;
export const initialize = (data) => { file = data; };
export async function load(url, context, next) {
  fs.appendFileSync(file, url + '\\n');
  return next(url, context);
}`;

/** A module that is required by one that was required does not pass the loader. */
const PRELOAD = `
import fs from 'node:fs';
import module, { createRequire } from 'node:module';
const file = process.env.LOADED_FILE;
module.register('./loader.mjs', import.meta.url, { data: file });
process.on('exit', () => {
  const { cache } = createRequire(import.meta.url);
  fs.appendFileSync(file, Object.keys(cache).map((name) => 'file://' + name + '\\n').join(''));
});`;

/** The files of the build that a file of the bundle is made of, as its source map says. */
function bundledIn(file: string): string[] {
  if (!fs.existsSync(`${file}.map`)) return [file];
  const { sources } = JSON.parse(fs.readFileSync(`${file}.map`, 'utf8')) as { sources: (string | null)[] };
  return sources
    .filter((source): source is string => source?.startsWith('../../src/') === true)
    .map((source) =>
      path
        .join(DIST, path.relative(SOURCES, path.resolve(path.dirname(file), source)))
        .replace(/\.ts$/, '.js'),
    );
}

/** Runs a program and returns the paths of the modules that it has loaded, in or outside of a bundle. */
async function loadedBy(program: string, type: 'module' | 'commonjs' = 'module'): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'loaded-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'loaded.txt');
  for (const [name, code] of Object.entries({ 'loader.mjs': LOADER, 'preload.mjs': PRELOAD }))
    fs.writeFileSync(path.join(folder, name), code);
  await promisify(execFile)(
    process.execPath,
    ['--import', path.join(folder, 'preload.mjs'), `--input-type=${type}`, '--eval', program],
    // In the repository, so that the package's own name is found.
    { cwd: PROJECT, env: { PATH: process.env.PATH, LOADED_FILE: file, OTEL_TRACES_EXPORTER: 'none' } },
  );
  const urls = fs.readFileSync(file, 'utf8').split('\n');
  const files = new Set(urls.filter((url) => url.startsWith('file://')).map((url) => url.slice(7)));
  return [...files].flatMap((loaded) => (loaded.startsWith(BUNDLED) ? bundledIn(loaded) : [loaded]));
}

function packagesOf(files: readonly string[]): string[] {
  const installed = files.filter((file) => file.includes('/node_modules/'));
  const paths = installed.map((file) =>
    file.slice(file.lastIndexOf('/node_modules/') + '/node_modules/'.length),
  );
  return [...new Set(paths.map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name))].sort();
}

/** Packages that only some of the applications need, and files of this package that need them. */
const LAZY =
  /@bufbuild\/|genai-prices|\/commander\/|\/dist\/(cli|emitter|cloudevents\/(http|kafka)-binding|chaukas\/(wire|generated|verify))\b/;

/** The API, hooks in modules with what they depend on. */
const HOOKS = [
  '@opentelemetry/api',
  '@opentelemetry/api-logs',
  '@opentelemetry/instrumentation',
  'debug',
  'has-flag',
  'import-in-the-middle',
  'module-details-from-path',
  'ms',
  'require-in-the-middle',
  'supports-color',
];

/** The folders of this package that are loaded with what uses them. */
const PARTS = [
  'cost',
  'delivery',
  'events',
  'instrumentation',
  'instrumentation/agents',
  'instrumentation/client',
  'instrumentation/mcp',
  'instrumentation/realtime',
  'instrumentation/session',
  'openai-api',
  'record',
  'redaction/detectors',
  'sinks/http',
  'sinks/kafka',
  'spans',
];

/** Steps of an application that has loaded the entry `.` as `ours`, with the parts and packages that each step loads. */
const USES: readonly (readonly [
  does: string,
  program: string,
  parts: readonly string[],
  packages: readonly string[],
])[] = [
  ['imports it', '', [], []],
  [
    'registers the instrumentation',
    'new ours.OpenAIAgentsInstrumentation()',
    ['instrumentation', 'spans'],
    HOOKS,
  ],
  [
    'loads openai after that',
    "new ours.OpenAIAgentsInstrumentation(); require('openai')",
    ['instrumentation', 'instrumentation/client', 'openai-api', 'spans'],
    [...HOOKS, 'openai'],
  ],
  [
    'loads the Agents SDK after that',
    "new ours.OpenAIAgentsInstrumentation(); require('@openai/agents-core')",
    // A response over a WebSocket is a call of the client's.
    [
      'instrumentation',
      'instrumentation/agents',
      'instrumentation/client',
      'instrumentation/mcp',
      'openai-api',
      'spans',
    ],
    [...HOOKS, '@openai/agents-core'],
  ],
  ['makes a sink', "new ours.FileSink({ path: '/dev/null' })", [], ['@opentelemetry/api']],
  [
    'makes a processor',
    "new ours.ChaukasSpanProcessor({ sinks: [new ours.FileSink({ path: '/dev/null' })] })",
    ['cost', 'delivery', 'events', 'redaction/detectors'],
    ['@opentelemetry/api', '@opentelemetry/api-logs', 'uuidv7'],
  ],
  [
    'opens a session',
    "ours.withSession({ id: '1' }, () => {})",
    ['instrumentation/session', 'record', 'spans'],
    ['@opentelemetry/api', '@opentelemetry/api-logs', 'uuidv7'],
  ],
];

/** Returns those of {@link PARTS} in which a file is loaded that is not small. */
function partsOf(files: readonly string[]): string[] {
  const own = files.filter((file) => file.startsWith(DIST) && fs.statSync(file).size > 1_500);
  const folders = new Set(own.map((file) => path.relative(DIST, path.dirname(file))));
  return PARTS.filter((part) => folders.has(part));
}

describe.each([
  [
    'module',
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); import * as ours from '${PACKAGE}';`,
  ],
  ['commonjs', `const ours = require('${PACKAGE}');`],
] as const)('The entry `.` in a program of type %s', (type, load) => {
  test.each(USES)('loads what is needed if the program %s', async (_does, use, parts, packages) => {
    const files = await loadedBy(`${load}\n${use}`, type);
    expect(files).toContain(path.join(DIST, 'sinks/memory-sink.js'));
    expect(partsOf(files)).toEqual(parts);
    expect(files.filter((file) => LAZY.test(file))).toEqual([]);
    const loaded = packagesOf(files);
    expect(loaded).toEqual(expect.arrayContaining([...packages]));
    // The SDKs depend on others.
    if (!use.includes('require')) expect(loaded).toEqual(packages);
  });
});

describe('The entry', () => {
  test('`./register` loads the SDK and the instrumentation, and no hooks, events, protobuf, prices or command', async () => {
    const files = await loadedBy(`await import('${PACKAGE}/register');`);
    expect(files.some((file) => file.includes('/@opentelemetry/sdk-node/'))).toBe(true);
    expect(partsOf(files)).toEqual(['instrumentation', 'sinks/http', 'spans']);
    expect(files.filter((file) => LAZY.test(file))).toEqual([]);
  });

  // The tests above fail if they cannot see a module; this one shows that they can.
  test('`./chaukas` loads protobuf', async () => {
    const files = await loadedBy(`await import('${PACKAGE}/chaukas');`);
    expect(packagesOf(files)).toContain('@bufbuild/protobuf');
  });
});
