/**
 * The credentials of a call are in no recorded data, even if an error quotes them. The application's own messages to
 * the model are recorded unchanged if content is captured, including a key in a prompt.
 */
import { inspect } from 'node:util';
import { DiagLogLevel, diag, SpanStatusCode } from '@opentelemetry/api';
import type { ClientOptions, OpenAI } from 'openai';
import * as openai from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withSession } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import {
  type Answer,
  type AnsweringServer,
  events,
  json,
  startAnswering,
  text,
} from './transparency/answers.js';
import { ProcessReports } from './transparency/process-reports.js';
import { outcome, readAll, until } from './transparency/scenario.js';

/** The part of a key that servers show if they shorten it. */
const TAIL = 'Zw_Q';
const KEY = `sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t${TAIL}`;
const BAD_KEY = `sk-bad-Tt7uVv4wXx1yAa0bCc3dEe6f${TAIL}`;
const SESSION_KEY = 'sess-Qw8eRt5yUi2oPa9sDf6gHj3k';
const ADMIN_KEY = 'sk-admin-Mn4bVc7xZa1sDf8gHj5kLq2w';
const AZURE_KEY = '9f86d081884c7d659a2feaa0c55ad015';
const ORGANIZATION = 'org-Lk2jHg5fDs8aPo1iUy4tRe7w';
const PROJECT = 'proj_Bv6nCm9xZl3kJh0gFd2sAp5o';
const PASSWORD = 'S3same?Open!';
const SECRETS = [KEY, BAD_KEY, TAIL, SESSION_KEY, ADMIN_KEY, AZURE_KEY, ORGANIZATION, PROJECT, PASSWORD];

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

const logged: unknown[] = [];
let harness: Harness;
const servers: AnsweringServer[] = [];

beforeAll(async () => {
  const note =
    (level: string) =>
    (...args: unknown[]) =>
      void logged.push({ level, args });
  diag.setLogger(
    {
      error: note('error'),
      warn: note('warn'),
      info: note('info'),
      debug: note('debug'),
      verbose: note('verbose'),
    },
    { logLevel: DiagLogLevel.ALL },
  );
  harness = await startHarness({
    instrumentation: { captureMessageContent: 'SPAN_AND_EVENT', legacyMetrics: true },
  });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await harness.reset();
  logged.length = 0;
});
afterAll(async () => {
  await harness.stop();
  diag.disable();
});

/** All recorded data, except the spans of the HTTP client, which another instrumentation records. */
async function recorded() {
  return {
    spans: harness.spans().map((span) => ({
      name: span.name,
      attributes: span.attributes,
      events: span.events,
      status: span.status,
      links: span.links,
      resource: span.resource.attributes,
      scope: span.instrumentationScope,
    })),
    events: await harness.events(),
    logs: harness.logs.records(),
    metrics: await harness.metrics.collect(),
    diag: logged,
  };
}

/** The paths in a value at which a secret stands, in any encoding: `spans.0.status.message`. */
function placesOf(secrets: readonly string[], value: unknown): string[] {
  const forms = secrets.flatMap(formsOf);
  const places: string[] = [];
  const seen = new Set<object>();
  const isSecret = (written: string) => forms.some((form) => written.includes(form));
  const visit = (at: unknown, path: readonly PropertyKey[]): void => {
    if (isSecret(String(path.at(-1))) || (typeof at === 'string' && isSecret(at))) {
      places.push(path.map(String).join('.'));
    }
    if (typeof at !== 'object' || at === null || seen.has(at)) return;
    seen.add(at);
    // The message and the cause of an error are not enumerable.
    for (const key of Reflect.ownKeys(at)) visit(Reflect.get(at, key), [...path, key]);
  };
  visit(value, []);
  return places;
}

/** The secret as it is, URL-encoded, and in base64 at each alignment. */
function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from('x'.repeat(offset) + secret);
    // The first and the last characters hold bits of the neighbouring text.
    const core = (encoding: 'base64' | 'base64url') =>
      bytes
        .toString(encoding)
        .replace(/=+$/, '')
        .slice(offset === 0 ? 0 : offset + 1, -1);
    return [core('base64'), core('base64url')];
  });
  // The base64 of a few letters also occurs by chance.
  return [secret, encodeURIComponent(secret), ...(secret.length > 8 ? encoded : [])];
}

type Asked = Parameters<Answer>[1];

const BODY = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hello' }] };
const ask = (client: OpenAI, options?: OpenAI.RequestOptions) =>
  outcome(client.chat.completions.create(BODY, options));
const base64 = (value: string) => Buffer.from(value).toString('base64');

function newClient(options: ClientOptions = {}): OpenAI {
  return new openai.OpenAI({
    apiKey: KEY,
    organization: ORGANIZATION,
    project: PROJECT,
    baseURL: harness.server.url,
    maxRetries: 0,
    logLevel: 'off',
    ...options,
  });
}

async function clientOf(answer: Answer, options?: ClientOptions): Promise<OpenAI> {
  const server = await startAnswering([answer], () => {});
  servers.push(server);
  return newClient({ baseURL: server.url, ...options });
}

/** Refuses with a text that quotes the request. */
function refusing(message: (request: Asked) => string): Answer {
  return (response, request) => json({ error: { message: message(request) } }, 401)(response, request);
}

/** A `fetch` that fails with this value. */
function failingWith(reason: unknown): NonNullable<ClientOptions['fetch']> {
  return async () => {
    throw reason;
  };
}

/** A `fetch` whose response fails with this value when its body is read. */
function unreadable(reason: unknown): NonNullable<ClientOptions['fetch']> {
  const fail = { value: failingWith(reason) };
  return async () => {
    const response = new Response('{}', { headers: { 'content-type': 'application/json' } });
    return Object.defineProperties(response, { json: fail, text: fail });
  };
}

const TOOL = { name: 'a', description: 'Fails.', parameters: {} };

interface Case {
  readonly name: string;
  /** Whether the version under test has what the case needs. */
  readonly needs?: boolean;
  run(): Promise<unknown>;
  /** Spans that failed, as `name ✗ error.type: message`. */
  readonly failures: readonly string[];
}

const saidByAServer: Case[] = (
  [
    [`Incorrect API key provided: ${KEY}.`, 'Incorrect API key provided: sk-[REDACTED]'],
    [`Incorrect API key provided: sk-proj-****${TAIL}.`, 'Incorrect API key provided: sk-[REDACTED]'],
    [`Incorrect API key provided: sk-…${TAIL}`, 'Incorrect API key provided: sk-[REDACTED]'],
    [`Incorrect API key provided: ••••${TAIL}`, 'Incorrect API key provided: [REDACTED]'],
    [`Received API Key = sk-...${TAIL}, which expired`, 'Received API Key = sk-[REDACTED], which expired'],
    [`Bad session "${SESSION_KEY}"`, 'Bad session "sess-[REDACTED]"'],
    [`${ADMIN_KEY} is for administrators`, 'sk-[REDACTED] is for administrators'],
    [`Invalid subscription-key: ${AZURE_KEY}`, 'Invalid subscription-key: [REDACTED]'],
    [`No ${ORGANIZATION} with ${PROJECT}`, 'No org-[REDACTED] with proj_[REDACTED]'],
    [`Basic ${base64(`user:${PASSWORD}`)} is refused`, 'Basic [REDACTED] is refused'],
    [
      `GET http://user:${encodeURIComponent(PASSWORD)}@proxy:8080/v1?key=${KEY}&n=1 failed`,
      'GET http://[REDACTED]@proxy:8080/v1?key=sk-[REDACTED]&n=1 failed',
    ],
    [
      `GET http://user:${PASSWORD}@proxy:8080/v1?api-key=${AZURE_KEY}&n=1 failed`,
      'GET http://[REDACTED]@proxy:8080/v1?api-key=[REDACTED]&n=1 failed',
    ],
  ] as const
).map(([message, masked]) => ({
  name: `a server that says: ${message}`,
  run: async () => ask(await clientOf(refusing(() => message))),
  failures: [`chat plain ✗ AuthenticationError: 401 ${masked}`],
}));

const inErrors: Case[] = [
  {
    name: 'a wrong key, which the server shortens',
    run: () => ask(newClient({ apiKey: BAD_KEY })),
    failures: [
      'chat plain ✗ invalid_api_key: 401 Incorrect API key provided: sk-[REDACTED] You can find your API key at ' +
        'https://platform.openai.com/account/api-keys.',
    ],
  },
  {
    name: 'code, param and type of an error',
    run: async () =>
      ask(await clientOf(json({ error: { message: 'No', code: KEY, param: KEY, type: KEY } }, 400))),
    failures: ['chat plain ✗ sk-[REDACTED]: 400 No'],
  },
  {
    name: 'an error without a message, as JSON',
    run: async () => ask(await clientOf(json({ error: { headers: { 'api-key': AZURE_KEY } } }, 400))),
    failures: ['chat plain ✗ BadRequestError: 400 {"headers":{"api-key":"[REDACTED]"}}'],
  },
  {
    name: 'an error that is a page',
    run: async () =>
      ask(
        await clientOf(
          text(`<p>api-key&quot;:&quot;${AZURE_KEY}&quot;</p>`, 502, { 'content-type': 'text/html' }),
        ),
      ),
    failures: ['chat plain ✗ InternalServerError: 502 <p>api-key&quot;:&quot;[REDACTED]&quot;</p>'],
  },
  {
    name: 'an address, which Azure takes the key from',
    run: async () =>
      ask(
        await clientOf((response, request) => text(`No ${request.url}`, 404)(response, request), {
          defaultQuery: { 'api-key': AZURE_KEY, 'api-version': '1' },
        }),
      ),
    failures: ['chat plain ✗ NotFoundError: 404 No /v1/chat/completions?api-key=[REDACTED]&api-version=1'],
  },
  {
    name: "Azure's own header",
    async run() {
      const { baseURL } = await clientOf(
        refusing(({ headers }) => `api-key ${JSON.stringify(headers['api-key'])}`),
      );
      const client = new openai.AzureOpenAI({
        endpoint: new URL(baseURL).origin,
        apiKey: AZURE_KEY,
        apiVersion: '2025-04-01-preview',
        maxRetries: 0,
      });
      return ask(client);
    },
    failures: ['chat plain ✗ AuthenticationError: 401 api-key "[REDACTED]"'],
  },
  {
    name: 'a retry: the error of the attempt before it',
    async run() {
      let failed = false;
      const client = newClient({
        maxRetries: 1,
        fetch: async (url, init) => {
          if (failed) return fetch(url, init);
          failed = true;
          throw Object.assign(new Error(`No way to ${KEY}`), { code: KEY });
        },
      });
      return client.chat.completions.create(BODY);
    },
    failures: [],
  },
];

const inStreams: Case[] = [
  {
    name: 'an error in a stream of chunks',
    async run() {
      const error = { message: `Key ${KEY} was withdrawn`, code: KEY };
      const client = await clientOf(events({ id: '1', choices: [] }, { error }));
      return readAll(await client.chat.completions.create({ ...BODY, stream: true }));
    },
    failures: ['chat plain ✗ sk-[REDACTED]: Key sk-[REDACTED] was withdrawn'],
  },
  {
    name: 'an error event in a stream of events',
    async run() {
      const error = { message: `Key ${KEY} was withdrawn`, code: KEY, param: KEY };
      const client = await clientOf(
        text(`event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`, 200, EVENT_STREAM),
      );
      return readAll(await client.responses.create({ model: 'plain', input: 'x', stream: true }));
    },
    failures: ['chat plain ✗ sk-[REDACTED]: Key sk-[REDACTED] was withdrawn'],
  },
  {
    name: 'a response that failed',
    async run() {
      const error = { code: `bad ${KEY}`, message: `Key ${KEY} was withdrawn` };
      const response = { id: 'resp_1', object: 'response', status: 'failed', output: [], error };
      const client = await clientOf(events({ type: 'response.failed', response }));
      return readAll(await client.responses.create({ model: 'plain', input: 'x', stream: true }));
    },
    failures: ['chat plain ✗ bad sk-[REDACTED]: Key sk-[REDACTED] was withdrawn'],
  },
  {
    name: 'a chunk that is no JSON, which the parser quotes',
    async run() {
      const client = await clientOf(events(`${KEY} `));
      return readAll(await client.chat.completions.create({ ...BODY, stream: true }));
    },
    // Newer versions do not quote it.
    failures: [
      expect.stringMatching(/^chat plain ✗ SyntaxError: (?:Unexpected .*sk-\[REDACTED\]|Error reading)/),
    ],
  },
];

const inTheProcess: Case[] = [
  {
    name: 'an address with a user, which fetch refuses',
    run: () => ask(newClient({ baseURL: `http://user:${encodeURIComponent(PASSWORD)}@127.0.0.1:9/v1` })),
    failures: ['chat plain ✗ APIConnectionError: Connection error.'],
  },
  {
    name: 'an address that is none',
    run: () => ask(newClient({ baseURL: `http://user:${PASSWORD}@127.0.0.1:9/v1` })),
    failures: ['chat plain ✗ ERR_INVALID_URL: Invalid URL'],
  },
  {
    name: 'an address with a key, where nobody listens',
    run: () => ask(newClient({ baseURL: `http://127.0.0.1:9/v1?api-key=${AZURE_KEY}&path=` })),
    failures: ['chat plain ✗ APIConnectionError: Connection error.'],
  },
  {
    name: 'a connection that failed, and its cause',
    run: () =>
      ask(
        newClient({
          fetch: failingWith(
            Object.assign(new TypeError(`Proxy http://user:${PASSWORD}@proxy:3128 refused`), {
              cause: new Error(`Proxy-Authorization: Basic ${base64(`user:${PASSWORD}`)}`),
            }),
          ),
        }),
      ),
    failures: ['chat plain ✗ APIConnectionError: Connection error.'],
  },
  {
    name: 'a text that is thrown in place of a connection',
    run: () => ask(newClient({ fetch: failingWith(`No way to ${KEY}`) })),
    failures: ['chat plain ✗ APIConnectionError: Connection error.'],
  },
  {
    name: 'an error while a body is read',
    run: () =>
      ask(newClient({ fetch: unreadable(Object.assign(new Error(`No way to ${KEY}`), { code: KEY })) })),
    failures: ['chat plain ✗ sk-[REDACTED]: No way to sk-[REDACTED]'],
  },
  {
    name: 'a text that is thrown while a body is read',
    run: () => ask(newClient({ fetch: unreadable(`Bearer ${KEY}`) })),
    failures: ['chat plain ✗ _OTHER: Bearer [REDACTED]'],
  },
  {
    name: 'an object that is thrown while a body is read',
    run: () =>
      ask(newClient({ fetch: unreadable({ code: `Bearer ${KEY}`, message: `password=${PASSWORD}` }) })),
    failures: ['chat plain ✗ Bearer [REDACTED]: password=[REDACTED]'],
  },
  {
    name: 'a key with a line break in it, which no header can have',
    run: () => ask(newClient({ apiKey: `${AZURE_KEY}\n${AZURE_KEY}` })),
    failures: ['chat plain ✗ TypeError: Headers.append: "[REDACTED]" is an invalid header value.'],
  },
  {
    name: 'a key that cannot be had',
    needs: '_callApiKey' in openai.OpenAI.prototype,
    run: () => ask(newClient({ apiKey: () => Promise.reject(new Error(`Vault: ${ADMIN_KEY} expired`)) })),
    failures: [
      `chat plain ✗ OpenAIError: Failed to get token from 'apiKey' function: Vault: sk-[REDACTED] expired`,
    ],
  },
  {
    name: 'the reason of an abort',
    run: () => ask(newClient(), { signal: AbortSignal.abort(new Error(`Key ${KEY} was withdrawn`)) }),
    failures: [],
  },
  {
    name: 'a tool that throws',
    run: () =>
      newClient()
        .chat.completions.runTools({
          ...BODY,
          model: 'two-tools',
          tools: [
            {
              type: 'function',
              function: {
                ...TOOL,
                function: () => {
                  throw new Error(`Bearer ${KEY}`);
                },
              },
            },
          ],
        })
        .done()
        .catch(() => undefined),
    failures: ['execute_tool a ✗ Error: Bearer [REDACTED]'],
  },
];

const HEADERS_READ: readonly (readonly [string, (request: Asked) => string])[] = [
  ['as JSON', ({ headers }) => JSON.stringify(headers)],
  ['as a list', ({ rawHeaders }) => JSON.stringify(rawHeaders)],
  ['as JSON within JSON', ({ headers }) => JSON.stringify(JSON.stringify(headers))],
  ['as a program shows them', ({ headers }) => inspect(new Map(Object.entries(headers)))],
  [
    'as lines',
    ({ headers }) =>
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
  ],
  ['escaped for an address', ({ headers }) => encodeURIComponent(JSON.stringify(headers))],
  ['in base64', ({ headers }) => base64(JSON.stringify(headers))],
];

/** The failures of the spans, which the audit events have to repeat. */
async function failures(): Promise<string[]> {
  const failed = harness.spans().filter(({ status }) => status.code === SpanStatusCode.ERROR);
  const said = (await harness.events()).flatMap(({ error }) => error ?? []);
  expect(said.map(({ error_message }) => error_message)).toEqual(failed.map(({ status }) => status.message));
  return failed.map(
    ({ name, attributes, status }) => `${name} ✗ ${attributes['error.type']}: ${status.message}`,
  );
}

describe('The data that these tests search', () => {
  it.each([
    ['as it is', KEY, KEY],
    ['escaped for an address', PASSWORD, encodeURIComponent(PASSWORD)],
    ['in base64', KEY, base64(KEY)],
    ['in base64, behind one letter', KEY, base64(`a${KEY}`)],
    ['in base64, behind two letters', KEY, base64(`ab${KEY}`)],
  ])('has every signal, and a secret is found %s', async (_how, secret, written) => {
    await newClient().chat.completions.create({ ...BODY, model: `test-${written}` });
    diag.verbose('A fault', new Error('failed', { cause: new Error(written) }));
    const signals = placesOf([secret], await recorded()).map((place) => place.split('.')[0]);
    expect([...new Set(signals)]).toEqual(['spans', 'events', 'logs', 'metrics', 'diag']);
  });
});

describe('No secret is recorded from', () => {
  it.each(
    [...saidByAServer, ...inErrors, ...inStreams, ...inTheProcess].filter(({ needs }) => needs ?? true),
  )('$name', async (one) => {
    await one.run();
    expect(await failures()).toEqual(one.failures);
    expect(placesOf(SECRETS, await recorded())).toEqual([]);
  });

  it.each(HEADERS_READ)(
    'the headers of a request, all of which a server sends back %s',
    async (_how, write) => {
      const client = await clientOf(refusing(write), {
        defaultHeaders: {
          'api-key': AZURE_KEY,
          'x-api-key': PASSWORD,
          cookie: `theme=dark; session=${PASSWORD}`,
          'proxy-authorization': `Basic ${base64(`user:${PASSWORD}`)}`,
        },
      });
      await ask(client);
      expect(await failures()).toEqual([expect.stringContaining('[REDACTED]')]);
      expect(placesOf(SECRETS, await recorded())).toEqual([]);
    },
  );

  it('an error that ends a session', async () => {
    await outcome(
      withSession({ id: 's-1' }, async () => {
        throw new Error(`Key ${KEY} was withdrawn`);
      }),
    );
    // No option lets the span of a session quote an error.
    expect(harness.spans().map(({ status }) => status)).toEqual([{ code: SpanStatusCode.ERROR }]);
    expect(placesOf(SECRETS, await recorded())).toEqual([]);
  });

  it('a request that cannot be read', async () => {
    const body = {
      ...BODY,
      get temperature(): number {
        throw new Error(`No temperature for ${KEY}`);
      },
    };
    await outcome(Promise.resolve().then(() => newClient().chat.completions.create(body)));
    expect(await failures()).toEqual(['chat plain ✗ Error: No temperature for sk-[REDACTED]']);
    expect(placesOf(SECRETS, await recorded())).toEqual([]);
  });

  it('a failure that is not awaited', async () => {
    const reports = new ProcessReports();
    reports.start();
    try {
      void newClient({ apiKey: BAD_KEY }).responses.create({ model: 'plain', input: 'x' });
      await until(() => reports.unhandledRejection.length > 0);
    } finally {
      reports.stop();
    }
    expect(await failures()).toEqual([expect.stringContaining('sk-[REDACTED]')]);
    expect(placesOf(SECRETS, await recorded())).toEqual([]);
  });
});

describe('The error of a tool whose arguments cannot be read', () => {
  // The client makes it a message to the model, which is content like any other and may be repeated.
  it('is recorded as a message to the model, and nowhere else', async () => {
    const parse = () => {
      throw new Error(`Bearer ${KEY}`);
    };
    const tools = ['a', 'b'].map((name) => ({
      type: 'function' as const,
      function: { ...TOOL, name, parse, function: () => '' },
    }));
    await newClient()
      .chat.completions.runTools({ ...BODY, model: 'two-tools', tools })
      .done();
    const places = placesOf(SECRETS, await recorded());
    expect(places.filter((place) => !/[._]messages(?:\.|$)/.test(place))).toEqual([]);
    expect(places).toContain('spans.1.attributes.gen_ai.input.messages');
  });
});
