/**
 * Import time and memory of the entries, beside those of the bare program and of OpenTelemetry's SDK alone.
 *
 *     npm run bench:startup              # 15 processes of each
 *     npm run bench:startup -- 30
 *
 * Each number is from processes of their own, one of each kind in turn, so that a slow moment of the machine is shared.
 * The median counts. The first processes are not counted: they read the files into the cache of the system.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';
/** `./register` may add less than this times what the SDK alone adds. */
const TARGET = 3;

const SDK = `import { NodeSDK } from '@opentelemetry/sdk-node'; new NodeSDK().start();`;

const VARIANTS = {
  bare: '',
  '@opentelemetry/sdk-node, started': SDK,
  '.': `import '${PACKAGE}';`,
  '. with @opentelemetry/sdk-node, started': `import '${PACKAGE}'; ${SDK}`,
  './register': `import '${PACKAGE}/register';`,
} as const;
type Variant = keyof typeof VARIANTS;
const NAMES = Object.keys(VARIANTS) as Variant[];

interface Sample {
  /** From the start of the process until the program has run. */
  readonly millis: number;
  readonly megabytes: number;
}

const REPORT = `
process.stdout.write(JSON.stringify({ millis: performance.now(), megabytes: process.memoryUsage.rss() / 1e6 }));
process.exit();`;

const rounds = Number(process.argv[2] ?? 15);
if (!Number.isInteger(rounds) || rounds < 3) throw new Error(`rounds are ${process.argv[2]}; use 3 or more`);

// In the repository, so that the names of the packages are found.
const folder = path.resolve('.cache/startup');
mkdirSync(folder, { recursive: true });
const files = new Map(NAMES.map((name, index) => [name, path.join(folder, `program-${index}.mjs`)]));
const report = path.join(folder, 'report.mjs');
writeFileSync(report, REPORT);
// The report is a module of its own, which runs after the imports.
for (const [name, file] of files) writeFileSync(file, `${VARIANTS[name]}\nawait import('./report.mjs');\n`);

const samples = new Map<Variant, Sample[]>(NAMES.map((name) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  for (const name of NAMES) {
    const sample = measure(files.get(name) ?? '');
    if (round >= 0) samples.get(name)?.push(sample);
  }
}

const bare = medianOf('bare');
const sdk = added('@opentelemetry/sdk-node, started');
console.log(`Node ${process.version}, ${rounds} processes of each; medians\n`);
console.log(`bare program: ${bare.millis.toFixed(0)} ms, ${bare.megabytes.toFixed(0)} MB\n`);
console.table(
  Object.fromEntries(
    NAMES.slice(1).map((name) => {
      const { millis, megabytes } = added(name);
      return [
        name,
        {
          'adds ms': Math.round(millis),
          'as sdk-node': (millis / sdk.millis).toFixed(2),
          'adds MB': Math.round(megabytes),
          'as sdk-node ': (megabytes / sdk.megabytes).toFixed(2),
        },
      ];
    }),
  ),
);
const register = added('./register');
const [time, memory] = [register.millis / sdk.millis, register.megabytes / sdk.megabytes];
const met = time < TARGET && memory < TARGET;
console.log(
  `./register adds ${time.toFixed(2)} × the time and ${memory.toFixed(2)} × the memory of sdk-node alone; ` +
    `the target, under ${TARGET} ×, is ${met ? 'met' : 'missed'}`,
);
if (!met) process.exitCode = 1;

function measure(file: string): Sample {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (status !== 0 || stderr !== '') throw new Error(`${file} failed (${status})\n${stderr}`);
  return JSON.parse(stdout) as Sample;
}

function medianOf(name: Variant): Sample {
  const all = samples.get(name) ?? [];
  const median = (values: number[]) =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    millis: median(all.map(({ millis }) => millis)),
    megabytes: median(all.map(({ megabytes }) => megabytes)),
  };
}

function added(name: Variant): Sample {
  const { millis, megabytes } = medianOf(name);
  return { millis: millis - bare.millis, megabytes: megabytes - bare.megabytes };
}
