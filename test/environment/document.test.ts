/** Runs the code in `docs/configuration.md`. */
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
import { MemorySink } from '../../src/sinks/memory-sink.js';
import { PROJECT } from '../run-fixture.js';

const run = promisify(execFile);
const document = readFileSync(path.join(PROJECT, 'docs/configuration.md'), 'utf8');
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) =>
    String(code),
  );
const [telemetry = '', options = '', ...snippets] = blocks('js');

/** A folder inside the repository, so that Node finds the packages. */
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

/** The environment without the variables that a developer may have set. */
const otherVariables = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('CHAUKAS_')),
);

/** Runs a script of the document, and returns the events that it writes. */
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

describe('The first example', () => {
  it('writes to the default file without any variable', async () => {
    const events = await play('default', telemetry + MODEL_CALL, {}, 'chaukas-events.jsonl');
    expect(events.flatMap(modelCall)).toStrictEqual([{ tenant_id: undefined, tags: undefined }]);
  });

  it('writes to the file in its command line, with the tenant and tags', async () => {
    const [command = ''] = blocks('sh');
    const env = variablesOf(command);
    expect(Object.keys(env)).toEqual(['CHAUKAS_OUTPUT_FILE', 'CHAUKAS_TENANT_ID', 'CHAUKAS_TAGS']);
    const events = await play('variables', telemetry + MODEL_CALL, env, 'audit/events.jsonl');
    expect(events.flatMap(modelCall)).toStrictEqual([{ tenant_id: 'acme', tags: ['eu', 'beta'] }]);
  });
});

it('The second example combines options with variables', async () => {
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

/** Like `FileSink`, it can be made in a thread. */
class ThreadSink extends MemorySink {
  readonly inThread = { module: import.meta.url, exportName: 'ThreadSink', options: {} };
}

it.each(snippets)('Snippet %# has options and variables that are accepted', (code) => {
  const configs: object[] = [];
  class Processor {
    constructor(config: object) {
      configs.push(config);
    }
  }
  const names = ['ChaukasSpanProcessor', 'FileSink', 'StdoutSink', 'configFromEnv', 'process'];
  const env = { ...otherVariables, CHAUKAS_DEBUG: '1', REDACTION_SALT: '0123456789abcdef' };
  const fromEnv = (config: object, variables: NodeJS.ProcessEnv = otherVariables) => {
    configs.push(config);
    expect(readChaukasEnvironment(variables).problems).toEqual([]);
  };
  const source = code.replaceAll("'audit-key.pem'", JSON.stringify(path.join(folder, 'audit-key.pem')));
  new Function(...names, source)(Processor, ThreadSink, MemorySink, fromEnv, { env });
  expect(configs).toHaveLength(1);
  expect(spanProcessorProblems({ sinks: [new MemorySink()], ...configs[0] })).toEqual([]);
});

it('The error message is the one that configFromEnv throws', () => {
  const [, variables = ''] = blocks('sh');
  const [message = ''] = blocks('text');
  expect(() => configFromEnv({ branch: '' }, variablesOf(variables))).toThrow(
    new TypeError(message.trim().replaceAll('\n', ' ')),
  );
});

describe('The tables', () => {
  it('have cells of at most 100 characters', () => {
    const cells = document
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .flatMap((line) => line.split('|'));
    expect(cells.filter((cell) => cell.trim().length > 100)).toEqual([]);
  });

  const named = [...document.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const tableNames = [...document.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );

  it('list every variable', () => {
    const known = knownIn(readChaukasEnvironment({ CHAUKAS_X: 'x' }).problems);
    expect(known.filter((name) => !named.some((code) => code.split('=')[0] === name))).toEqual([]);
    const inTables = tableNames.filter((name) => name.startsWith('CHAUKAS_'));
    expect(inTables.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('list every option, and no other', () => {
    const sinks = [new MemorySink()];
    const known = [{ x: 1 }, { sinks, checkpoints: { x: 1 } }, { sinks, spool: { x: 1 } }].flatMap((config) =>
      knownIn(spanProcessorProblems(config)),
    );
    expect(tableNames.filter((name) => /^[a-z]\w+$/.test(name)).sort()).toEqual(known.sort());
  });

  it('show the default of every variable that has one', () => {
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

/** Returns the known names in the problem with an unknown name. */
function knownIn(problems: readonly string[]): string[] {
  const [, list = ''] = /known (?:options|variables): (.*)$/.exec(problems[0] ?? '') ?? [];
  return list.split(', ');
}
