/**
 * Measures what the instrumentation costs the two example services under load: requests a second and processor time per
 * request, with and without it.
 *
 *     npm run bench:examples [-- streaming-api | assistant-platform]
 *
 * The service, the model server and the client (autocannon, in this process) have a process each. Three variants of the
 * service run side by side and get their load in turns, in another order each time, so that a machine that becomes slower
 * does so for all of them:
 *
 * - `off`: `TELEMETRY=off`, so neither spans nor events exist.
 * - `events`: the example as it starts by default, with spans, and with audit events in a file.
 * - `traces`: the same, and the spans go to an OTLP endpoint.
 *
 * A request makes two model calls and one or two tool calls. A service spends its time waiting for the model, so under the
 * first two loads its thread is idle for most of the time, and the ratio shows what a request takes longer. Under the last
 * load the one thread is the bottleneck, and the ratio shows what processor time is added.
 *
 * Other work on the machine can only make a turn slower. Each figure is therefore that of the best quarter of the turns:
 * the quartile with the higher throughput, or with the lower time. SLICE_SECONDS (4) and TURNS (8) set the length of the
 * run.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const SLICE_SECONDS = Number(process.env.SLICE_SECONDS ?? 4);
const TURNS = Number(process.env.TURNS ?? 8);
const WARM_UP_SECONDS = 6;
const WARM_UP_CONNECTIONS = 32;

interface Load {
  readonly connections: number;
  /** Time that each answer of the model takes. */
  readonly modelMillis: number;
}

const LOADS: readonly Load[] = [
  { connections: 4, modelMillis: 50 },
  { connections: 24, modelMillis: 500 },
  { connections: 64, modelMillis: 50 },
];

const VARIANTS = ['off', 'events', 'traces'] as const;
type Variant = (typeof VARIANTS)[number];

interface Service {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly env: Readonly<Record<string, string>>;
}

const UNLIMITED = '1000000000';

const SERVICES: readonly Service[] = [
  {
    name: 'streaming-api',
    path: '/assistant/run',
    headers: {},
    // Two model calls, and two tools between them.
    body: { input: 'Weather and time in Paris, please' },
    env: {},
  },
  {
    name: 'assistant-platform',
    path: '/chat',
    headers: { authorization: 'Bearer demo-key' },
    body: { message: 'What has c-100 spent?' },
    env: {
      REQUESTS_PER_MINUTE: UNLIMITED,
      TOKENS_PER_MINUTE: UNLIMITED,
      REQUESTS_PER_MINUTE_TOTAL: UNLIMITED,
      TOKENS_PER_MINUTE_TOTAL: UNLIMITED,
      ABUSE_BURST: '1000000',
    },
  },
];

const root = fileURLToPath(new URL('../', import.meta.url));
const inRoot = (file: string) => path.join(root, file);

/* Processes */

type Message = Readonly<Record<string, unknown>>;

/** Resolves to the next message of a type that a process sends. Rejects if the process ends before. */
function message(child: ChildProcess, type: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const listen = (received: Message) => {
      if (received.type === type) settle(() => resolve(received));
    };
    const end = () => settle(() => reject(new Error(`a process has ended before its message "${type}"`)));
    const settle = (how: () => void) => {
      child.off('message', listen);
      child.off('exit', end);
      how();
    };
    child.on('message', listen);
    child.on('exit', end);
  });
}

interface Process {
  readonly child: ChildProcess;
  readonly url: string;
}

async function start(
  file: string,
  {
    args = [],
    imports = [],
    env = {},
    output = 'inherit',
  }: {
    readonly args?: readonly string[];
    readonly imports?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly output?: 'inherit' | number;
  },
): Promise<Process> {
  const child = fork(inRoot(file), args, {
    cwd: root,
    execArgv: ['tsx', ...imports.map((name) => inRoot(name))].flatMap((name) => ['--import', name]),
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  const { url } = await message(child, 'ready');
  return { child, url: String(url) };
}

async function stop({ child }: Process): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Microseconds of processor time that a process has used. */
async function cpuMicros({ child }: Process): Promise<number> {
  const answer = message(child, 'cpu');
  child.send('cpu');
  const { user, system } = await answer;
  return Number(user) + Number(system);
}

/* Load */

interface Slice {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly modelCpuMicros: number;
  readonly p50: number;
  readonly p99: number;
}

async function measure(
  service: Service,
  target: Process,
  model: Process,
  connections: number,
  seconds: number,
): Promise<Slice> {
  const before = await Promise.all([cpuMicros(target), cpuMicros(model)]);
  const result = await autocannon({
    url: target.url + service.path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...service.headers },
    body: JSON.stringify(service.body),
    connections,
    duration: seconds,
    timeout: 30,
  });
  const after = await Promise.all([cpuMicros(target), cpuMicros(model)]);
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} requests to ${service.name} failed`);
  const answered = result['2xx'];
  const each = (index: 0 | 1) => (after[index] - before[index]) / answered;
  return {
    perSecond: answered / result.duration,
    cpuMicros: each(0),
    modelCpuMicros: each(1),
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

type Slices = Map<Variant, Slice[]>;

/** Starts all variants of a service and gives them load in turns. */
async function run(service: Service, { connections, modelMillis }: Load): Promise<Slices> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-examples-'));
  const collector = await start('bench/delivery-receiver.ts', {});
  const model = await start('bench/examples-model.ts', {
    args: [inRoot(`examples/${service.name}/scenarios`), String(modelMillis)],
    imports: ['bench/cpu-usage.ts'],
  });
  const variants = new Map<Variant, Process>();
  const startVariant = (variant: Variant) =>
    start(`examples/${service.name}/main.ts`, {
      imports: ['bench/cpu-usage.ts', `examples/${service.name}/telemetry.ts`],
      env: {
        ...service.env,
        PORT: '0',
        WORKERS: '1',
        NODE_ENV: 'production',
        OPENAI_API_KEY: 'sk-local',
        OPENAI_BASE_URL: model.url,
        OUTPUT_DIR: path.join(folder, variant),
        TELEMETRY: variant === 'off' ? 'off' : 'on',
        OTEL_EXPORTER_OTLP_ENDPOINT: variant === 'traces' ? collector.url : '',
      },
      output: openSync(path.join(folder, `${variant}.log`), 'w'),
    });
  try {
    for (const variant of VARIANTS) variants.set(variant, await startVariant(variant));
    const slices: Slices = new Map(VARIANTS.map((variant) => [variant, []]));
    for (const started of variants.values())
      await measure(service, started, model, WARM_UP_CONNECTIONS, WARM_UP_SECONDS);
    for (let turn = 0; turn < TURNS; turn += 1) {
      const order = turn % 2 === 0 ? [...variants] : [...variants].toReversed();
      for (const [variant, started] of order)
        slices.get(variant)?.push(await measure(service, started, model, connections, SLICE_SECONDS));
    }
    return slices;
  } finally {
    await Promise.all([...variants.values()].map(stop));
    for (const { child } of [model, collector]) child.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/* Results */

/** The value below which a part of the values lies. A slice without an answer has no time of a request. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}

/** The best quarter of the slices of a variant. */
function summary(slices: readonly Slice[]): Slice {
  const fast = (member: keyof Slice) =>
    quantile(
      slices.map((slice) => slice[member]),
      0.25,
    );
  return {
    perSecond: quantile(
      slices.map(({ perSecond }) => perSecond),
      0.75,
    ),
    cpuMicros: fast('cpuMicros'),
    modelCpuMicros: fast('modelCpuMicros'),
    p50: fast('p50'),
    p99: fast('p99'),
  };
}

const HEADS = ['requests/s', 'ratio', 'CPU ms', 'added', 'p50 ms', 'p99 ms', 'model CPU ms'];

function print({ connections, modelMillis }: Load, slices: Slices): void {
  const load = `${connections} connections, model ${modelMillis} ms`;
  console.log(load.padEnd(33) + HEADS.map(cell).join(''));
  const off = summary(slices.get('off') ?? []);
  for (const [variant, own] of slices) {
    const { perSecond, cpuMicros, modelCpuMicros, p50, p99 } = summary(own);
    const cells = [
      perSecond.toFixed(1),
      (perSecond / off.perSecond).toFixed(3),
      (cpuMicros / 1000).toFixed(2),
      ((cpuMicros - off.cpuMicros) / 1000).toFixed(2),
      p50.toFixed(0),
      p99.toFixed(0),
      (modelCpuMicros / 1000).toFixed(2),
    ];
    console.log(`  ${variant.padEnd(31)}${cells.map(cell).join('')}`);
  }
}

function cell(text: string): string {
  return text.padStart(13);
}

const [only] = process.argv.slice(2);
const chosen = SERVICES.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0)
  throw new Error(`no service "${only}": use ${SERVICES.map(({ name }) => name).join(' or ')}`);
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores; best quarter of ${TURNS} turns of ${SLICE_SECONDS} s; ` +
    'CPU per request',
);
for (const service of chosen) {
  console.log(`\n${service.name}: POST ${service.path}`);
  for (const load of LOADS) print(load, await run(service, load));
}
