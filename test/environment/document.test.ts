/** What `docs/configuration.md` shows, run as it stands there. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { readChaukasEnvironment } from '../../src/environment/chaukas-environment.js';
import { configFromEnv } from '../../src/environment/config-from-env.js';
import { spanProcessorProblems } from '../../src/events/config.js';
import { PROJECT } from '../run-fixture.js';

const run = promisify(execFile);
const document = readFileSync(path.join(PROJECT, 'docs/configuration.md'), 'utf8');
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) =>
    String(code),
  );
const [telemetry = '', options = ''] = blocks('js');

/** Inside the repository, so that the packages are found. */
const folder = path.join(PROJECT, '.cache/configuration-document');
const source = (file: string) => pathToFileURL(path.join(PROJECT, 'src', file)).href;
const PACKAGE = `
export * from '${source('index.ts')}';
`;
const MODEL_CALL = `
import { trace } from '@opentelemetry/api';
trace.getTracer('app').startSpan('chat', { attributes: { 'gen_ai.operation.name': 'chat' } }).end();
`;

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package-source.mts'), PACKAGE);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(path.join(folder, 'audit-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});

/** Without what a developer may have set. */
const otherVariables = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('CHAUKAS_')),
);

/** The events that it writes. */
async function play(
  name: string,
  code: string,
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<ChaukasEvent[]> {
  const script = code.replace("'opentelemetry-instrumentation-openai-agents'", "'./package-source.mts'");
  writeFileSync(path.join(folder, `${name}.mjs`), script);
  await run(process.execPath, ['--import', 'tsx', `${name}.mjs`], {
    cwd: folder,
    env: { ...otherVariables, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', ...env },
  });
  const lines = readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ChaukasEvent);
}

const modelCall = ({ type, tenant_id, tags }: ChaukasEvent) =>
  type === 'EVENT_TYPE_MODEL_INVOCATION_END' ? [{ tenant_id, tags }] : [];

describe('the first example', () => {
  it('writes to the default file without any variable', async () => {
    const events = await play('default', telemetry + MODEL_CALL, {}, 'chaukas-events.jsonl');
    expect(events.flatMap(modelCall)).toStrictEqual([{ tenant_id: undefined, tags: undefined }]);
  });

  it('writes as its command line says', async () => {
    const [command = ''] = blocks('sh');
    const env = variablesOf(command);
    expect(Object.keys(env)).toEqual(['CHAUKAS_OUTPUT_FILE', 'CHAUKAS_TENANT_ID', 'CHAUKAS_TAGS']);
    const events = await play('variables', telemetry + MODEL_CALL, env, 'audit/events.jsonl');
    expect(events.flatMap(modelCall)).toStrictEqual([{ tenant_id: 'acme', tags: ['eu', 'beta'] }]);
  });
});

it('has options beside variables', async () => {
  const code = `
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
${options}
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();
${MODEL_CALL}
await provider.shutdown();
`;
  const env = { CHAUKAS_OUTPUT_FILE: 'options.jsonl', CHAUKAS_TENANT_ID: 'acme', CHAUKAS_TAGS: 'eu' };
  const events = await play('options', code, env, 'options.jsonl');
  expect(events.flatMap(modelCall)).toStrictEqual([{ tenant_id: 'acme', tags: ['support-desk'] }]);
  expect(events.some(({ metadata }) => metadata?.message === 'checkpoint')).toBe(true);
});

it('shows the error that there is', () => {
  const [, variables = ''] = blocks('sh');
  const [message = ''] = blocks('text');
  expect(() => configFromEnv({ branch: '' }, variablesOf(variables))).toThrow(
    new TypeError(message.trim().replaceAll('\n', ' ')),
  );
});

describe('the tables', () => {
  const named = [...document.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const tableNames = [...document.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );

  it('have every variable', () => {
    const known = knownIn(readChaukasEnvironment({ CHAUKAS_X: 'x' }).problems);
    expect(known.filter((name) => !named.some((code) => code.split('=')[0] === name))).toEqual([]);
    const inTables = tableNames.filter((name) => name.startsWith('CHAUKAS_'));
    expect(inTables.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('have every option, and no other', () => {
    const known = knownIn(spanProcessorProblems({ x: 1 }));
    expect(tableNames.filter((name) => /^[a-z]\w+$/.test(name)).sort()).toEqual(known.sort());
  });

  it('have the default of every variable that has one', () => {
    const { settings } = readChaukasEnvironment({});
    const row = (variable: string) =>
      new RegExp(`^\\| \`${variable}\` \\| ([^|]+) \\|`, 'm').exec(document)?.[1];
    expect({
      outputFile: row('CHAUKAS_OUTPUT_FILE'),
      batchSize: row('CHAUKAS_BATCH_SIZE'),
      flushInterval: row('CHAUKAS_FLUSH_INTERVAL'),
      timeout: row('CHAUKAS_TIMEOUT'),
      maxBatchBytes: row('CHAUKAS_MAX_BATCH_BYTES'),
      minBatchSize: row('CHAUKAS_MIN_BATCH_SIZE'),
      adaptiveBatching: row('CHAUKAS_ENABLE_ADAPTIVE_BATCHING'),
    }).toStrictEqual({
      outputFile: `\`${settings.outputFile}\``,
      batchSize: String(settings.batchSize),
      flushInterval: String(settings.flushIntervalMillis / 1000),
      timeout: String(settings.timeoutMillis / 1000),
      maxBatchBytes: String(settings.maxBatchBytes),
      minBatchSize: String(settings.minBatchSize),
      adaptiveBatching: String(settings.adaptiveBatching),
    });
  });
});

function variablesOf(shell: string): NodeJS.ProcessEnv {
  return Object.fromEntries(
    [...shell.matchAll(/(CHAUKAS_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
}

/** The names that the problem of an unknown one lists. */
function knownIn(problems: readonly string[]): string[] {
  const [, list = ''] = /known (?:options|variables): (.*)$/.exec(problems[0] ?? '') ?? [];
  return list.split(', ');
}
