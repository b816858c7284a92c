import { describe, expect, it } from 'vitest';
import { type ChaukasSettings, readChaukasEnvironment } from '../../src/environment/chaukas-environment.js';

const DEFAULTS: ChaukasSettings = {
  outputModes: ['file'],
  outputFile: 'chaukas-events.jsonl',
  batchSize: 20,
  flushIntervalMillis: 5_000,
  timeoutMillis: 30_000,
  maxBatchBytes: 262_144,
  minBatchSize: 1,
  adaptiveBatching: true,
};

const KNOWN =
  'known variables: CHAUKAS_TENANT_ID, CHAUKAS_PROJECT_ID, CHAUKAS_BRANCH, CHAUKAS_TAGS, CHAUKAS_ENDPOINT, ' +
  'CHAUKAS_API_KEY, CHAUKAS_HTTP_URL, CHAUKAS_HTTP_HEADERS, CHAUKAS_KAFKA_BROKERS, CHAUKAS_KAFKA_TOPIC, CHAUKAS_OUTPUT_MODE, CHAUKAS_EMIT_TO_FILE, CHAUKAS_OUTPUT_FILE, CHAUKAS_FILE_PATH, ' +
  'CHAUKAS_BATCH_SIZE, CHAUKAS_FLUSH_INTERVAL, CHAUKAS_TIMEOUT, CHAUKAS_MAX_BATCH_BYTES, ' +
  'CHAUKAS_MIN_BATCH_SIZE, CHAUKAS_ENABLE_ADAPTIVE_BATCHING, CHAUKAS_SPOOL_DIRECTORY, CHAUKAS_SPOOL_MAX_BYTES, CHAUKAS_THREAD';
const ADDRESS =
  'it must be an http or https URL without user, query and fragment, e.g. https://api.example.com/v1';
const MODES = 'it must be api, file, http, kafka, otlp or stdout, or several of them, separated by commas';
const WHOLE = 'it must be a whole number above 0';
const SECONDS = 'it must be a number of seconds from 0.001 to 2147483';
const BOOLEAN = 'it must be true or false (1 or 0)';
const KEY = 'it must be visible ASCII characters without blanks or line breaks';

describe('The settings', () => {
  it.each<[what: string, env: NodeJS.ProcessEnv, settings: Partial<ChaukasSettings>]>([
    ['no variable', {}, {}],
    [
      'variables with other prefixes',
      { HOME: '/root', chaukas_tags: 'a', CHAUKAS: 'x', MY_CHAUKAS_X: 'x' },
      {},
    ],
    [
      'all variables',
      {
        CHAUKAS_TENANT_ID: 'acme',
        CHAUKAS_PROJECT_ID: 'desk',
        CHAUKAS_BRANCH: 'main',
        CHAUKAS_TAGS: 'eu,beta',
        CHAUKAS_ENDPOINT: 'https://api.example.com/v1',
        CHAUKAS_API_KEY: 'key-1',
        CHAUKAS_HTTP_URL: 'https://audit.example/events?tenant=1',
        CHAUKAS_KAFKA_BROKERS: 'kafka-1:9092,, kafka-2',
        CHAUKAS_KAFKA_TOPIC: 'events',
        CHAUKAS_HTTP_HEADERS: 'authorization=Bearer%20key=1 , x-team = audit,x=100%',
        CHAUKAS_OUTPUT_MODE: 'api',
        CHAUKAS_OUTPUT_FILE: 'audit/events.jsonl',
        CHAUKAS_BATCH_SIZE: '100',
        CHAUKAS_FLUSH_INTERVAL: '2.5',
        CHAUKAS_TIMEOUT: '10',
        CHAUKAS_MAX_BATCH_BYTES: '1048576',
        CHAUKAS_MIN_BATCH_SIZE: '100',
        CHAUKAS_ENABLE_ADAPTIVE_BATCHING: 'false',
        CHAUKAS_SPOOL_DIRECTORY: '/var/lib/desk',
        CHAUKAS_SPOOL_MAX_BYTES: '1000000',
      },
      {
        tenantId: 'acme',
        projectId: 'desk',
        branch: 'main',
        tags: ['eu', 'beta'],
        endpoint: 'https://api.example.com/v1',
        apiKey: 'key-1',
        httpUrl: 'https://audit.example/events?tenant=1',
        kafkaBrokers: ['kafka-1:9092', 'kafka-2'],
        kafkaTopic: 'events',
        httpHeaders: { authorization: 'Bearer key=1', 'x-team': 'audit', x: '100%' },
        outputModes: ['api'],
        outputFile: 'audit/events.jsonl',
        batchSize: 100,
        flushIntervalMillis: 2_500,
        timeoutMillis: 10_000,
        maxBatchBytes: 1_048_576,
        minBatchSize: 100,
        adaptiveBatching: false,
        spoolDirectory: '/var/lib/desk',
        spoolMaxBytes: 1_000_000,
      },
    ],
    [
      'empty variables',
      {
        CHAUKAS_TENANT_ID: '',
        CHAUKAS_TAGS: ' ',
        CHAUKAS_ENDPOINT: '',
        CHAUKAS_OUTPUT_MODE: '',
        CHAUKAS_OUTPUT_FILE: '\n',
        CHAUKAS_BATCH_SIZE: '',
        CHAUKAS_ENABLE_ADAPTIVE_BATCHING: '',
        CHAUKAS_OUTPUT_FLE: '',
      },
      {},
    ],
    [
      'blanks and line breaks around values',
      { CHAUKAS_TENANT_ID: ' acme ', CHAUKAS_API_KEY: 'key-1\n', CHAUKAS_BATCH_SIZE: '\t5\r\n' },
      { tenantId: 'acme', apiKey: 'key-1', batchSize: 5 },
    ],
    ['blanks within a value', { CHAUKAS_OUTPUT_FILE: 'my events.jsonl' }, { outputFile: 'my events.jsonl' }],
    ['blanks in a list', { CHAUKAS_TAGS: ' a , b c,,d, ' }, { tags: ['a', 'b c', 'd'] }],
    ['a list of empty entries', { CHAUKAS_TAGS: ', ,' }, { tags: [] }],
    [
      'numbers in other forms',
      { CHAUKAS_BATCH_SIZE: '+1e3', CHAUKAS_MIN_BATCH_SIZE: '2.0', CHAUKAS_FLUSH_INTERVAL: '.5' },
      { batchSize: 1_000, minBatchSize: 2, flushIntervalMillis: 500 },
    ],
    [
      'the shortest and the longest time',
      { CHAUKAS_FLUSH_INTERVAL: '0.001', CHAUKAS_TIMEOUT: '2147483' },
      { flushIntervalMillis: 1, timeoutMillis: 2_147_483_000 },
    ],
    [
      'an endpoint',
      { CHAUKAS_ENDPOINT: 'HTTP://localhost:8080/' },
      { outputModes: ['api'], endpoint: 'HTTP://localhost:8080/' },
    ],
    [
      'an endpoint with the mode file',
      { CHAUKAS_ENDPOINT: 'http://localhost', CHAUKAS_OUTPUT_MODE: 'FILE' },
      { outputModes: ['file'], endpoint: 'http://localhost' },
    ],
    [
      'an endpoint with the older variable for a file',
      { CHAUKAS_ENDPOINT: 'http://localhost', CHAUKAS_EMIT_TO_FILE: 'true', CHAUKAS_FILE_PATH: 'a.jsonl' },
      { outputModes: ['file'], endpoint: 'http://localhost', outputFile: 'a.jsonl' },
    ],
    [
      'several modes, each once and in one order',
      { CHAUKAS_OUTPUT_MODE: 'Stdout, file,,API,file' },
      { outputModes: ['api', 'file', 'stdout'] },
    ],
    ['the older variable set to false', { CHAUKAS_EMIT_TO_FILE: 'false' }, { outputModes: ['api'] }],
    [
      'two names of a setting that agree',
      {
        CHAUKAS_OUTPUT_MODE: 'file',
        CHAUKAS_EMIT_TO_FILE: '1',
        CHAUKAS_OUTPUT_FILE: 'a.jsonl',
        CHAUKAS_FILE_PATH: 'a.jsonl ',
      },
      { outputModes: ['file'], outputFile: 'a.jsonl' },
    ],
    [
      'the variables that Kubernetes sets for services',
      {
        CHAUKAS_SERVICE_HOST: '10.0.0.11',
        CHAUKAS_SERVICE_PORT: '443',
        CHAUKAS_SERVICE_PORT_HTTPS: '443',
        CHAUKAS_PORT: 'tcp://10.0.0.11:443',
        CHAUKAS_PORT_443_TCP: 'tcp://10.0.0.11:443',
        CHAUKAS_PORT_443_TCP_PROTO: 'tcp',
        CHAUKAS_PORT_443_TCP_PORT: '443',
        CHAUKAS_INGEST_PORT_443_TCP_ADDR: '10.0.0.11',
        CHAUKAS_INGEST_SERVICE_HOST: '10.0.0.12',
      },
      {},
    ],
  ])('follow from %s', (_what, env, settings) => {
    const { settings: read, problems } = readChaukasEnvironment(env);
    expect({ read, problems }).toStrictEqual({ read: { ...DEFAULTS, ...settings }, problems: [] });
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['false', false],
    ['False', false],
    ['0', false],
  ])('follow from a switch with the value %s', (text, adaptiveBatching) => {
    const { settings, problems } = readChaukasEnvironment({ CHAUKAS_ENABLE_ADAPTIVE_BATCHING: text });
    expect({ settings, problems }).toStrictEqual({
      settings: { ...DEFAULTS, adaptiveBatching },
      problems: [],
    });
  });
});

describe('The problems', () => {
  it.each<[what: string, env: NodeJS.ProcessEnv, problems: string[]]>([
    [
      'an unknown mode',
      { CHAUKAS_OUTPUT_MODE: 'disk' },
      [`variable CHAUKAS_OUTPUT_MODE is 'disk'; ${MODES}`],
    ],
    [
      'an unknown mode in a list',
      { CHAUKAS_OUTPUT_MODE: 'file, disk' },
      [`variable CHAUKAS_OUTPUT_MODE is 'file, disk'; ${MODES}`],
    ],
    [
      'a list of no mode',
      { CHAUKAS_OUTPUT_MODE: ', ,' },
      [`variable CHAUKAS_OUTPUT_MODE is ', ,'; ${MODES}`],
    ],
    [
      'a mode that is the name of an inherited member',
      { CHAUKAS_OUTPUT_MODE: 'constructor' },
      [`variable CHAUKAS_OUTPUT_MODE is 'constructor'; ${MODES}`],
    ],
    [
      'switches in other words',
      { CHAUKAS_EMIT_TO_FILE: 'yes', CHAUKAS_ENABLE_ADAPTIVE_BATCHING: 'on' },
      [
        `variable CHAUKAS_EMIT_TO_FILE is 'yes'; ${BOOLEAN}`,
        `variable CHAUKAS_ENABLE_ADAPTIVE_BATCHING is 'on'; ${BOOLEAN}`,
      ],
    ],
    ...['0', '-1', '1.5', '0x10', '1_000', '10 events', 'Infinity', 'NaN', '1e400', '9007199254740992'].map(
      (text): [string, NodeJS.ProcessEnv, string[]] => [
        `a size that is ${text}`,
        { CHAUKAS_BATCH_SIZE: text, CHAUKAS_MAX_BATCH_BYTES: text, CHAUKAS_MIN_BATCH_SIZE: text },
        [
          `variable CHAUKAS_BATCH_SIZE is '${text}'; ${WHOLE}`,
          `variable CHAUKAS_MAX_BATCH_BYTES is '${text}'; ${WHOLE}`,
          `variable CHAUKAS_MIN_BATCH_SIZE is '${text}'; ${WHOLE}`,
        ],
      ],
    ),
    ...['0', '-5', '0.0009', '2147484', '5s', 'Infinity'].map(
      (text): [string, NodeJS.ProcessEnv, string[]] => [
        `a time that is ${text}`,
        { CHAUKAS_FLUSH_INTERVAL: text, CHAUKAS_TIMEOUT: text },
        [
          `variable CHAUKAS_FLUSH_INTERVAL is '${text}'; ${SECONDS}`,
          `variable CHAUKAS_TIMEOUT is '${text}'; ${SECONDS}`,
        ],
      ],
    ),
    [
      'a smallest batch above the largest',
      { CHAUKAS_BATCH_SIZE: '5', CHAUKAS_MIN_BATCH_SIZE: '6' },
      ['variable CHAUKAS_MIN_BATCH_SIZE is 6; it must not be above CHAUKAS_BATCH_SIZE, which is 5'],
    ],
    [
      'a smallest batch above the default',
      { CHAUKAS_MIN_BATCH_SIZE: '21' },
      ['variable CHAUKAS_MIN_BATCH_SIZE is 21; it must not be above CHAUKAS_BATCH_SIZE, which is 20'],
    ],
    [
      'a smallest batch with an invalid largest one',
      { CHAUKAS_BATCH_SIZE: 'all', CHAUKAS_MIN_BATCH_SIZE: '21' },
      [`variable CHAUKAS_BATCH_SIZE is 'all'; ${WHOLE}`],
    ],
    ...(
      [
        ['api.example.com', "'api.example.com'"],
        ['ftp://api.example.com', "'ftp://api.example.com'"],
        ['http://', "'http://'"],
        ['https://joe:pass@word@api.example.com/v1', "'***@api.example.com/v1'"],
        ['https://joe@api.example.com', "'***@api.example.com'"],
        ['joe:password@api.example.com', "'***@api.example.com'"],
        ['https://api.example.com?key=1', "'https://api.example.com?***'"],
        ['https://api.example.com#1', "'https://api.example.com?***'"],
      ] as const
    ).map(([text, shown]): [string, NodeJS.ProcessEnv, string[]] => [
      `an endpoint ${text}`,
      { CHAUKAS_ENDPOINT: text },
      [`variable CHAUKAS_ENDPOINT is ${shown}; ${ADDRESS}`],
    ]),
    [
      'a key with a blank',
      { CHAUKAS_API_KEY: 'Bearer key-1' },
      [`variable CHAUKAS_API_KEY is a text of 12 characters; ${KEY}`],
    ],
    [
      'a key with a letter that headers cannot carry',
      { CHAUKAS_API_KEY: 'schlüssel' },
      [`variable CHAUKAS_API_KEY is a text of 9 characters; ${KEY}`],
    ],
    [
      'an address with a password',
      { CHAUKAS_HTTP_URL: 'https://joe:pass@audit.example?key=1' },
      [
        "variable CHAUKAS_HTTP_URL is '***@audit.example?***'; it must be an http or https URL without user, e.g. https://example.com/events",
      ],
    ],
    [
      'a broker with a password',
      { CHAUKAS_KAFKA_BROKERS: 'joe:pass@kafka-1:9092' },
      [
        "variable CHAUKAS_KAFKA_BROKERS is '***@kafka-1:9092'; it must be a comma-separated list of hosts with or without a port, e.g. kafka-1.example:9092",
      ],
    ],
    ...['authorization', 'a b=c', 'content-type=text/plain', 'authorization=schl%C3%BCssel'].map(
      (text): [string, NodeJS.ProcessEnv, string[]] => [
        `headers that are ${text}`,
        { CHAUKAS_HTTP_HEADERS: text },
        [
          `variable CHAUKAS_HTTP_HEADERS is a text of ${text.length} characters; it must be a comma-separated list of headers, e.g. authorization=Bearer%20key, none of them about the content`,
        ],
      ],
    ),
    [
      'two modes',
      { CHAUKAS_OUTPUT_MODE: 'api', CHAUKAS_EMIT_TO_FILE: 'true' },
      [
        "variables contradict each other: CHAUKAS_OUTPUT_MODE is 'api' and CHAUKAS_EMIT_TO_FILE is 'true'; remove one of them",
      ],
    ],
    [
      'two modes, the other way',
      { CHAUKAS_OUTPUT_MODE: 'file', CHAUKAS_EMIT_TO_FILE: '0' },
      [
        "variables contradict each other: CHAUKAS_OUTPUT_MODE is 'file' and CHAUKAS_EMIT_TO_FILE is '0'; remove one of them",
      ],
    ],
    [
      'several modes and the older variable',
      { CHAUKAS_OUTPUT_MODE: 'api,file', CHAUKAS_EMIT_TO_FILE: 'true' },
      [
        "variables contradict each other: CHAUKAS_OUTPUT_MODE is 'api,file' and CHAUKAS_EMIT_TO_FILE is 'true'; remove one of them",
      ],
    ],
    [
      'two files',
      { CHAUKAS_OUTPUT_FILE: 'a.jsonl', CHAUKAS_FILE_PATH: 'b.jsonl' },
      [
        "variables contradict each other: CHAUKAS_OUTPUT_FILE is 'a.jsonl' and CHAUKAS_FILE_PATH is 'b.jsonl'; remove one of them",
      ],
    ],
    [
      'one invalid value of two names',
      { CHAUKAS_OUTPUT_MODE: 'disk', CHAUKAS_EMIT_TO_FILE: 'true' },
      [`variable CHAUKAS_OUTPUT_MODE is 'disk'; ${MODES}`],
    ],
    [
      'misspelt names, without their values, which may be secrets',
      { CHAUKAS_OUTPUT_FLE: 'a.jsonl', CHAUKAS_APIKEY: 'key-1', CHAUKAS_MAX_LLM_RETRIES: '3' },
      [
        `unknown variable CHAUKAS_APIKEY; ${KNOWN}`,
        `unknown variable CHAUKAS_MAX_LLM_RETRIES; ${KNOWN}`,
        `unknown variable CHAUKAS_OUTPUT_FLE; ${KNOWN}`,
      ],
    ],
    [
      'names that only resemble those of Kubernetes',
      { CHAUKAS_PORT_443: 'x', CHAUKAS_HOST: 'x', CHAUKAS_SERVICE: 'x' },
      [
        `unknown variable CHAUKAS_HOST; ${KNOWN}`,
        `unknown variable CHAUKAS_PORT_443; ${KNOWN}`,
        `unknown variable CHAUKAS_SERVICE; ${KNOWN}`,
      ],
    ],
  ])('name %s', (_what, env, problems) => {
    expect(readChaukasEnvironment(env).problems).toStrictEqual(problems);
  });

  it('of several variables are reported together', () => {
    const { problems, wrong } = readChaukasEnvironment({
      CHAUKAS_OUTPUT_MODE: 'api',
      CHAUKAS_EMIT_TO_FILE: '1',
      CHAUKAS_TIMEOUT: '-1',
      CHAUKAS_TAG: 'a',
      CHAUKAS_TENANT_ID: 'acme',
    });
    expect(problems).toStrictEqual([
      "variables contradict each other: CHAUKAS_OUTPUT_MODE is 'api' and CHAUKAS_EMIT_TO_FILE is '1'; remove one of them",
      `variable CHAUKAS_TIMEOUT is '-1'; ${SECONDS}`,
      `unknown variable CHAUKAS_TAG; ${KNOWN}`,
    ]);
    expect([...wrong]).toStrictEqual(['outputModes', 'timeoutMillis']);
  });
});

it('The result names the variable that each setting was read from', () => {
  const { variables } = readChaukasEnvironment({
    CHAUKAS_FILE_PATH: 'a.jsonl',
    CHAUKAS_OUTPUT_MODE: 'file',
    CHAUKAS_EMIT_TO_FILE: 'true',
    CHAUKAS_TENANT_ID: '',
  });
  expect([...variables]).toStrictEqual([
    ['outputModes', 'CHAUKAS_OUTPUT_MODE'],
    ['outputFile', 'CHAUKAS_FILE_PATH'],
  ]);
});
