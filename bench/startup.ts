/**
 * Measures how much the entries add to the start of a program, beside OpenTelemetry's hooks and its SDK alone. What the
 * entry `.` does not load when it is imported is loaded when it is used, so there is a row for each use.
 *
 *     npm run bench:startup              # 15 processes of each
 *     npm run bench:startup -- 30
 *
 * Files, their bytes and V8's heap after a collection are the same tomorrow. Processor time is the least of processes of
 * their own, one of each kind in turn: other work on the machine only adds. The first processes are not counted, since
 * they read the files into the cache of the system.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';

const HOOKS = '@opentelemetry/instrumentation';
const SDK = '@opentelemetry/sdk-node, started';
/** What is loaded of the package when `.` is used so, as programs. `openai` is loaded in another row, to compare. */
const USES = {
  '. with the instrumentation': 'new ours.OpenAIAgentsInstrumentation();',
  openai: "require('openai');",
  '. with openai hooked': "new ours.OpenAIAgentsInstrumentation(); require('openai');",
  '. with a processor and FileSink':
    "new ours.ChaukasSpanProcessor({ sinks: [new ours.FileSink({ path: '/dev/null' })] });",
} as const;
type Variant = 'bare' | typeof HOOKS | '.' | keyof typeof USES | typeof SDK | './register';

const VARIANTS: Readonly<Record<Variant, string>> = {
  bare: '',
  [HOOKS]: `import '${HOOKS}';`,
  '.': `import '${PACKAGE}';`,
  '. with the instrumentation': useProgram(USES['. with the instrumentation']),
  openai: useProgram(USES.openai),
  '. with openai hooked': useProgram(USES['. with openai hooked']),
  '. with a processor and FileSink': useProgram(USES['. with a processor and FileSink']),
  [SDK]: `import { NodeSDK } from '@opentelemetry/sdk-node'; new NodeSDK().start();`,
  './register': `import '${PACKAGE}/register';`,
};
const NAMES = Object.keys(VARIANTS) as Variant[];

/** The entries, what each is compared with, and the multiple of it that it may add. */
const GOALS = [
  { entry: '.', of: HOOKS, most: 1.3 },
  { entry: './register', of: SDK, most: 3 },
] as const;

function useProgram(use: string): string {
  const ours = use.includes('ours') ? `import * as ours from '${PACKAGE}';` : '';
  return `import { createRequire } from 'node:module';
${ours}
const require = createRequire(import.meta.url);
${use}`;
}

interface Sample {
  /** The process's, until the program has run. */
  readonly processorMillis: number;
  /** V8's, after a collection. */
  readonly heapBytes: number;
}

interface Loaded {
  readonly files: number;
  readonly bytes: number;
}

const REPORT = `
globalThis.gc();
const { user, system } = process.cpuUsage();
const sample = { processorMillis: (user + system) / 1000, heapBytes: process.memoryUsage().heapUsed };
process.stdout.write(JSON.stringify(sample));
process.exit();`;

/** Lists the files of the process: those that pass a loader, which runs in a thread of its own, and those required by these. */
const LIST = `
import { writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
const { port1, port2 } = new MessageChannel();
port1.unref();
register('./loader.mjs', import.meta.url, { data: { port: port2 }, transferList: [port2] });
process.on('exit', () => {
  const urls = Object.keys(createRequire(import.meta.url).cache).map((file) => 'file://' + file);
  for (let message; (message = receiveMessageOnPort(port1)) !== undefined; ) urls.push(message.message);
  writeFileSync(process.env.LIST_FILE, JSON.stringify(urls));
});`;
const LOADER = `
let port;
export const initialize = (data) => { port = data.port; };
export async function load(url, context, next) {
  port.postMessage(url);
  return next(url, context);
}`;

const rounds = Number(process.argv[2] ?? 15);
if (!Number.isInteger(rounds) || rounds < 3) throw new Error(`rounds are ${process.argv[2]}; use 3 or more`);

// In the repository, so that the names of the packages are found.
const folder = path.resolve('.cache/startup');
mkdirSync(folder, { recursive: true });
const LIST_FILE = path.join(folder, 'loaded.json');
const programs = new Map(NAMES.map((name, index) => [name, path.join(folder, `program-${index}.mjs`)]));
writeFileSync(path.join(folder, 'report.mjs'), REPORT);
writeFileSync(path.join(folder, 'list.mjs'), LIST);
writeFileSync(path.join(folder, 'loader.mjs'), LOADER);
// The report is a module of its own, which runs after the imports.
for (const [name, file] of programs)
  writeFileSync(
    file,
    `${VARIANTS[name]}\nif (globalThis.gc) await import('./report.mjs');\nelse process.exit();\n`,
  );

const least = new Map<Variant, Sample>();
for (let round = -1; round < rounds; round += 1) {
  for (const name of NAMES) {
    const sample = JSON.parse(run('--expose-gc', programs.get(name) ?? '')) as Sample;
    const before = least.get(name) ?? sample;
    if (round < 0) continue;
    least.set(name, {
      processorMillis: Math.min(before.processorMillis, sample.processorMillis),
      heapBytes: Math.min(before.heapBytes, sample.heapBytes),
    });
  }
}

console.log(`Node ${process.version}, least of ${rounds} processes of each, above the bare program\n`);
console.log('| program | files | their bytes | heap, MB | processor time, ms |');
console.log('| --- | --: | --: | --: | --: |');
for (const name of NAMES.slice(1)) {
  const { files, bytes } = loadedBy(name);
  const { processorMillis, heapBytes } = added(name);
  const cells = [
    `\`${name}\``,
    files,
    bytes.toLocaleString('en-US'),
    (heapBytes / 1e6).toFixed(1),
    processorMillis.toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
console.log();
for (const { entry, of, most } of GOALS) {
  const [ours, other] = [added(entry), added(of)];
  const [time, heap] = (['processorMillis', 'heapBytes'] as const).map(
    (figure) => ours[figure] / other[figure],
  );
  const isMet = (time ?? Infinity) < most && (heap ?? Infinity) < most;
  console.log(
    `${entry} adds ${time?.toFixed(2)} × the time and ${heap?.toFixed(2)} × the heap of ${of}; ` +
      `the goal, ${most} ×, is ${isMet ? 'met' : 'missed'}`,
  );
}

function added(name: Variant): Sample {
  const [sample, bare] = [least.get(name), least.get('bare')];
  if (sample === undefined || bare === undefined) throw new Error(`${name} was not measured`);
  return {
    processorMillis: sample.processorMillis - bare.processorMillis,
    heapBytes: sample.heapBytes - bare.heapBytes,
  };
}

function loadedBy(name: Variant): Loaded {
  run('--import', path.join(folder, 'list.mjs'), programs.get(name) ?? '');
  const urls = (JSON.parse(readFileSync(LIST_FILE, 'utf8')) as string[]).filter((url) =>
    url.startsWith('file://'),
  );
  const files = [...new Set(urls.map((url) => url.slice(7)))].filter((file) => !file.startsWith(folder));
  return { files: files.length, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) };
}

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none', LIST_FILE },
  });
  if (status !== 0 || stderr !== '') throw new Error(`${args.join(' ')} failed (${status})\n${stderr}`);
  return stdout;
}
