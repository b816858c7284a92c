import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { decodeBatch, decodeEventRequest } from '../../src/chaukas/wire/event-binary.js';
import { configFromEnv } from '../../src/environment/config-from-env.js';
import { ChaukasSpanProcessor } from '../../src/events/chaukas-span-processor.js';
import type { ChaukasSpanProcessorConfig } from '../../src/events/config.js';
import type { EventSink } from '../../src/sinks/event-sink.js';
import { MemorySink } from '../../src/sinks/memory-sink.js';
import { startReceiver } from '../sinks/http/receiver.js';

const PACKAGE = 'opentelemetry-instrumentation-openai-agents: ';
const PREFIX = `${PACKAGE}configFromEnv: `;
const TEXT = 'it must be a non-empty string';
const MISSING = {
  endpoint: 'variable CHAUKAS_ENDPOINT is not set; the API requires it',
  apiKey: 'variable CHAUKAS_API_KEY is not set; the API requires it',
  tenantId: 'neither variable CHAUKAS_TENANT_ID nor option "tenantId" is set; the API requires one of them',
  projectId:
    'neither variable CHAUKAS_PROJECT_ID nor option "projectId" is set; the API requires one of them',
};
const API = {
  CHAUKAS_ENDPOINT: 'https://api.example.com/v1',
  CHAUKAS_API_KEY: 'key-1',
  CHAUKAS_TENANT_ID: 'acme',
  CHAUKAS_PROJECT_ID: 'desk',
};

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'config-from-env-'));
  file = path.join(folder, 'events.jsonl');
  return () => fs.rmSync(folder, { recursive: true });
});

const sinks = [new MemorySink()];

/** A sink that requires a tenant and a project. */
const demanding: EventSink = {
  name: 'warehouse',
  requiresTenant: true,
  send: async () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** Returns the options, with the names of the sinks in place of the sinks. */
function read(options: object, env: NodeJS.ProcessEnv): object {
  const config = configFromEnv(options, env);
  onTestFinished(async () => {
    await Promise.all(config.sinks.map((sink) => sink.shutdown()));
  });
  return { ...config, sinks: config.sinks.map(({ name }) => name) };
}

/** Returns the message of the error; `undefined` if there is none. */
function complaint(options: unknown, env: NodeJS.ProcessEnv): unknown {
  try {
    configFromEnv(options as Partial<ChaukasSpanProcessorConfig>, env);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return undefined;
}

describe('The file', () => {
  it.each<[variable: string]>([['CHAUKAS_OUTPUT_FILE'], ['CHAUKAS_FILE_PATH']])(
    'is the one in %s',
    (variable) => {
      expect(read({}, { [variable]: file })).toStrictEqual({ sinks: [`file ${file}`] });
      expect(fs.readdirSync(folder)).toEqual(['events.jsonl']);
    },
  );

  it.each<[what: string, env: NodeJS.ProcessEnv]>([
    ['CHAUKAS_OUTPUT_MODE', { ...API, CHAUKAS_OUTPUT_MODE: 'file' }],
    ['CHAUKAS_EMIT_TO_FILE', { ...API, CHAUKAS_EMIT_TO_FILE: 'true' }],
  ])('is used because of %s, although there is an endpoint', (_what, env) => {
    expect(read({}, { ...env, CHAUKAS_OUTPUT_FILE: file })).toStrictEqual({
      tenantId: 'acme',
      projectId: 'desk',
      sinks: [`file ${file}`],
    });
  });

  it('is not opened if there is any problem', () => {
    expect(complaint({ branch: 7 }, { CHAUKAS_OUTPUT_FILE: file })).toBe(
      `${PREFIX}option "branch" is 7; ${TEXT}`,
    );
    expect(complaint({}, { CHAUKAS_OUTPUT_FILE: file, CHAUKAS_TIMEOUT: '0' })).toBe(
      `${PREFIX}variable CHAUKAS_TIMEOUT is '0'; it must be a number of seconds from 0.001 to 2147483`,
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('is named in the error with its variable if it cannot be opened', () => {
    expect(() => configFromEnv({}, { CHAUKAS_OUTPUT_FILE: folder })).toThrow(
      new Error(
        `${PREFIX}cannot write events to '${folder}' (EISDIR: it is a directory); ` +
          'set CHAUKAS_OUTPUT_FILE or CHAUKAS_FILE_PATH to a file that this process may create and append to',
      ),
    );
  });
});

describe('The spool', () => {
  it('is in the folder of CHAUKAS_SPOOL_DIRECTORY', () => {
    const env = { CHAUKAS_SPOOL_DIRECTORY: folder, CHAUKAS_SPOOL_MAX_BYTES: '1000000' };
    expect(read({ sinks }, env)).toMatchObject({ spool: { directory: folder, maxBytes: 1_000_000 } });
    expect(read({ sinks, spool: { directory: '/other' } }, env)).toMatchObject({
      spool: { directory: '/other' },
    });
  });
});

describe('The worker thread', () => {
  it('is switched on by CHAUKAS_THREAD', () => {
    expect(
      read({}, { CHAUKAS_THREAD: 'true', CHAUKAS_OUTPUT_FILE: path.join(folder, 'a.jsonl') }),
    ).toMatchObject({
      thread: true,
    });
    expect(read({ sinks, thread: false }, { CHAUKAS_THREAD: '1' })).toMatchObject({ thread: false });
  });
});

describe('The outputs', () => {
  it.each<[what: string, options: object, env: NodeJS.ProcessEnv, names: string[]]>([
    ['the API, because there is an endpoint', {}, API, ['api https://api.example.com/v1']],
    [
      'the API, with tenant and project in code',
      { tenantId: 'acme', projectId: 'desk' },
      { ...API, CHAUKAS_TENANT_ID: '', CHAUKAS_PROJECT_ID: '' },
      ['api https://api.example.com/v1'],
    ],
    ['standard output', {}, { CHAUKAS_OUTPUT_MODE: 'stdout' }, ['stdout']],
    [
      'several at once',
      {},
      {
        ...API,
        CHAUKAS_OUTPUT_MODE: 'file, stdout, otlp, api, http, kafka',
        CHAUKAS_KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9092',
        CHAUKAS_KAFKA_TOPIC: 'events',
        CHAUKAS_HTTP_URL: 'https://audit.example/events',
      },
      [
        'api https://api.example.com/v1',
        'file {file}',
        'http https://audit.example/events',
        'kafka kafka-1:9092 kafka-2:9092 events',
        'otlp logs',
        'stdout',
      ],
    ],
  ])('are %s', (_what, options, env, names) => {
    expect(read(options, { ...env, CHAUKAS_OUTPUT_FILE: file })).toMatchObject({
      sinks: names.map((name) => name.replace('{file}', file)),
    });
  });

  it('have the batches of the variables', () => {
    const variables = {
      CHAUKAS_BATCH_SIZE: '100',
      CHAUKAS_FLUSH_INTERVAL: '2.5',
      CHAUKAS_TIMEOUT: '10',
      CHAUKAS_MAX_BATCH_BYTES: '1048576',
      CHAUKAS_MIN_BATCH_SIZE: '5',
    };
    expect(configFromEnv({}, { ...API, ...variables }).sinks[0]?.delivery).toEqual({
      maxBatchSize: 100,
      flushIntervalMillis: 2_500,
      timeoutMillis: 10_000,
      maxBatchBytes: 1_048_576,
      minBatchSize: 5,
      adaptiveBatching: true,
    });
  });

  it('have no limit of bytes without adaptive batching', () => {
    const env = { ...API, CHAUKAS_ENABLE_ADAPTIVE_BATCHING: 'false' };
    expect(configFromEnv({}, env).sinks[0]?.delivery).toMatchObject({
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      adaptiveBatching: false,
      maxBatchSize: 20,
    });
  });

  it('include the API, to which a processor sends its events', async () => {
    const receiver = await startReceiver();
    const env = { ...API, CHAUKAS_ENDPOINT: `${receiver.url}/v1` };
    const processor = new ChaukasSpanProcessor(configFromEnv({ systemEvents: false }, env));
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('app');
    tracer.startSpan('chat', { attributes: { 'gen_ai.operation.name': 'chat' } }).end();
    await provider.shutdown();
    const events = receiver.requests.flatMap(({ path, body }) =>
      path === '/v1/events' ? [decodeEventRequest(body)] : decodeBatch(body).events,
    );
    expect(summaryOf(events)).toEqual({ tenants: ['acme'], calls: 1 });
    expect(receiver.requests[0]?.headers.authorization).toBe('Bearer key-1');
  });
});

/** The tenants of the events, and the number of their model calls. */
function summaryOf(events: readonly ChaukasEvent[]): object {
  return {
    tenants: [...new Set(events.map(({ tenant_id }) => tenant_id))],
    calls: events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END').length,
  };
}

describe('An option in code', () => {
  const env = {
    CHAUKAS_TENANT_ID: 'acme',
    CHAUKAS_PROJECT_ID: 'desk',
    CHAUKAS_BRANCH: 'main',
    CHAUKAS_TAGS: 'eu, beta',
  };

  it('is added to the environment', () => {
    expect(read({ sinks, redaction: false, maxQueueSize: 5 }, env)).toStrictEqual({
      tenantId: 'acme',
      projectId: 'desk',
      branch: 'main',
      tags: ['eu', 'beta'],
      redaction: false,
      maxQueueSize: 5,
      sinks: ['memory'],
    });
  });

  it('wins over the environment', () => {
    expect(read({ sinks, tenantId: 'other', tags: [], branch: 'fix' }, env)).toStrictEqual({
      tenantId: 'other',
      projectId: 'desk',
      branch: 'fix',
      tags: [],
      sinks: ['memory'],
    });
  });

  it('leaves the variable in place if it is undefined', () => {
    const options = { sinks: undefined, tenantId: undefined, tags: undefined, cost: undefined };
    expect(read(options, { ...env, CHAUKAS_OUTPUT_FILE: file })).toStrictEqual({
      tenantId: 'acme',
      projectId: 'desk',
      branch: 'main',
      tags: ['eu', 'beta'],
      sinks: [`file ${file}`],
    });
  });

  it.each<[what: string, output: NodeJS.ProcessEnv]>([
    ['a file', { CHAUKAS_OUTPUT_MODE: 'file' }],
    ['the API', API],
    ['the API, without its required variables', { CHAUKAS_OUTPUT_MODE: 'api' }],
  ])('replaces the sinks from %s', (_what, output) => {
    const given = { ...output, CHAUKAS_OUTPUT_FILE: file, CHAUKAS_TENANT_ID: 'acme' };
    const { CHAUKAS_PROJECT_ID: projectId } = output;
    expect(read({ sinks }, given)).toStrictEqual({
      tenantId: 'acme',
      ...(projectId !== undefined && { projectId }),
      sinks: ['memory'],
    });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('leaves the tenant and project that its sink requires to the environment', () => {
    expect(read({ sinks: [demanding] }, env)).toMatchObject({ tenantId: 'acme', projectId: 'desk' });
  });
});

describe('The error', () => {
  it.each<[what: string, options: unknown, env: NodeJS.ProcessEnv, problems: string[]]>([
    [
      'the required variables of the API',
      {},
      { CHAUKAS_OUTPUT_MODE: 'file,api' },
      [MISSING.endpoint, MISSING.apiKey, MISSING.tenantId, MISSING.projectId],
    ],
    [
      'the required variables of other outputs',
      {},
      { CHAUKAS_OUTPUT_MODE: 'http,kafka' },
      [
        'variable CHAUKAS_HTTP_URL is not set; output http requires it',
        'variable CHAUKAS_KAFKA_BROKERS is not set; output kafka requires it',
        'variable CHAUKAS_KAFKA_TOPIC is not set; output kafka requires it',
      ],
    ],
    [
      'the required variables of the API, which the older variable chooses',
      { tenantId: 't' },
      { CHAUKAS_EMIT_TO_FILE: 'false', CHAUKAS_ENDPOINT: API.CHAUKAS_ENDPOINT },
      [MISSING.apiKey, MISSING.projectId],
    ],
    [
      'the API, with a wrong endpoint and a wrong key, which are not missing too',
      {},
      { CHAUKAS_ENDPOINT: 'localhost', CHAUKAS_API_KEY: 'a b', CHAUKAS_TENANT_ID: 'acme' },
      [
        "variable CHAUKAS_ENDPOINT is 'localhost'; it must be an http or https URL without user, query and fragment, e.g. https://api.example.com/v1",
        'variable CHAUKAS_API_KEY is a text of 3 characters; it must be visible ASCII characters without blanks or line breaks',
        MISSING.projectId,
      ],
    ],
    [
      'an unknown mode, next to an endpoint',
      {},
      { ...API, CHAUKAS_OUTPUT_MODE: 'both' },
      [
        "variable CHAUKAS_OUTPUT_MODE is 'both'; it must be api, file, http, kafka, otlp or stdout, or several of them, separated by commas",
      ],
    ],
    [
      'a wrong tenant, which is not missing too',
      { tenantId: '' },
      { ...API, CHAUKAS_TENANT_ID: '' },
      [`option "tenantId" is ''; ${TEXT}`],
    ],
    [
      'an option that a sink requires',
      { sinks: [demanding] },
      { CHAUKAS_TENANT_ID: 'acme' },
      ['option "projectId" is missing; it must be a non-empty string, because sink "warehouse" requires it'],
    ],
    [
      'an empty list of sinks',
      { sinks: [] },
      {},
      [
        'option "sinks" is an empty array; it must be a non-empty array of sinks, e.g. [new FileSink({ path })]',
      ],
    ],
    [
      'sinks that are null',
      { sinks: null },
      {},
      ['option "sinks" is null; it must be a non-empty array of sinks, e.g. [new FileSink({ path })]'],
    ],
    [
      'variables and options',
      { branch: '', redaction: { method: 'blur' } },
      { CHAUKAS_OUTPUT_FILE: 'a', CHAUKAS_FILE_PATH: 'b', CHAUKAS_MIN_BATCH_SIZE: '30' },
      [
        "variables contradict each other: CHAUKAS_OUTPUT_FILE is 'a' and CHAUKAS_FILE_PATH is 'b'; remove one of them",
        'variable CHAUKAS_MIN_BATCH_SIZE is 30; it must not be above CHAUKAS_BATCH_SIZE, which is 20',
        `option "branch" is ''; ${TEXT}`,
        `option "redaction.method" is 'blur'; it must be 'mask', 'hash' or 'drop'`,
      ],
    ],
  ])('names %s', (_what, options, env, problems) => {
    expect(complaint(options, env)).toBe(PREFIX + problems.join('; '));
  });

  it('names an unknown option', () => {
    expect(complaint({ sink: [] }, { CHAUKAS_OUTPUT_FILE: file })).toMatch(
      /^opentelemetry-instrumentation-openai-agents: configFromEnv: unknown option "sink"; known options: sinks, [\w, ]+$/,
    );
  });

  it.each([[null, 'null'] as const, ['a.jsonl', "'a.jsonl'"] as const, [[], 'an empty array'] as const])(
    'names the options if they are %o',
    (options, shown) => {
      expect(complaint(options, {})).toBe(
        `${PREFIX}the options are ${shown}; they must be an object, or left out`,
      );
    },
  );

  it('never shows the key', () => {
    const message = complaint({}, { ...API, CHAUKAS_API_KEY: 'schlüssel-1', CHAUKAS_APIKEY: 'schlüssel-2' });
    expect(message).toContain('CHAUKAS_API_KEY');
    expect(message).not.toContain('schlüssel');
  });
});

it('configFromEnv reads the environment of the process by default', () => {
  vi.stubEnv('CHAUKAS_OUTPUT_FILE', file);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { sinks } = configFromEnv();
  onTestFinished(() => sinks[0]?.shutdown());
  expect(sinks.map(({ name }) => name)).toEqual([`file ${file}`]);
});
