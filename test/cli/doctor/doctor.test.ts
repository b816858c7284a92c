// agent-events doctor in a folder: each row is a situation of a user, and the line that it gets.
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.js';
import { runCommand } from '../run-command.js';
import { type FakePackages, makeProject, type ProjectOptions } from './project.js';

const THIS = 'node_modules/opentelemetry-instrumentation-openai-agents';
const API = 'node_modules/@opentelemetry/api';

/** Versions that work together. */
const GOOD: FakePackages = {
  [THIS]: '0.1.0',
  [API]: '1.9.1',
  'node_modules/@opentelemetry/sdk-trace-node': '2.12.0',
  'node_modules/@opentelemetry/sdk-trace-base': '2.12.0',
  'node_modules/import-in-the-middle': '3.6.0',
  'node_modules/openai': '7.55.0',
};

/** Servers of the test: one that answers like a receiver, one that answers 404, one that speaks no HTTP. */
const servers = {
  receiver: http.createServer((request, response) => {
    requests.push({ method: request.method ?? '', headers: request.rawHeaders });
    response.writeHead(405).end();
  }),
  missing: http.createServer((_, response) => response.writeHead(404).end()),
  other: net.createServer((socket) => socket.on('error', () => {}).end('\u0000\u0000\u0006\u0004')),
};
const requests: { method: string; headers: string[] }[] = [];
const ports: Record<string, number> = {};
let closed = 0;

beforeAll(async () => {
  for (const [name, server] of Object.entries(servers)) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports[name] = (server.address() as AddressInfo).port;
  }
  const gone = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => gone.once('listening', resolve));
  closed = (gone.address() as AddressInfo).port;
  await new Promise((resolve) => gone.close(resolve));
});
afterAll(() => {
  for (const server of Object.values(servers)) server.close();
});

/** Replaces `{receiver}` and its siblings by ports. */
function withPorts(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.replace(/\{(\w+)\}/g, (_, server: string) => String(ports[server] ?? closed)),
    ]),
  );
}

async function examined(project: ProjectOptions, env: Record<string, string> = {}) {
  const cwd = makeProject(project);
  const result = await runCommand(['doctor', '--json'], { cwd, env: withPorts(env) });
  expect(result.stderr).toBe('');
  const { checks, wrong } = JSON.parse(result.stdout) as { checks: Check[]; wrong: number };
  expect(result.exitCode).toBe(wrong > 0 ? 1 : 0);
  // Ports differ from run to run.
  const shown = (text: string) =>
    text.replaceAll(cwd, 'FOLDER').replace(/:(\d+)/g, (whole, port) => {
      const server = Object.entries(ports).find(([, number]) => String(number) === port)?.[0];
      return server === undefined ? (Number(port) === closed ? ':closed' : whole) : `:${server}`;
    });
  return checks.map(({ level, code, text, fix }) =>
    [level, code, shown(text), ...(fix === undefined ? [] : [`→ ${shown(fix)}`])].join(' | '),
  );
}

/** The lines that are not ok. */
async function problems(project: ProjectOptions, env?: Record<string, string>): Promise<string[]> {
  return (await examined(project, { OTEL_TRACES_EXPORTER: 'console', ...env })).filter(
    (line) => !line.startsWith('ok'),
  );
}

function contents(folder: string): string[] {
  return readdirSync(folder).map((name) =>
    name.endsWith('.jsonl') ? `${name}: ${readFileSync(path.join(folder, name), 'utf8')}` : name,
  );
}

test('A project in which everything is right has exit code 0 and no warning', async () => {
  const lines = await examined(
    { fakes: GOOD },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:{receiver}', CHAUKAS_TENANT_ID: 'acme' },
  );
  expect(lines).toEqual([
    `ok | node_version | Node ${process.versions.node}`,
    'ok | own_copies | opentelemetry-instrumentation-openai-agents 0.1.0',
    'ok | api_copies | @opentelemetry/api 1.9.1',
    'ok | sdk_version | OpenTelemetry SDK 2: @opentelemetry/sdk-trace-base 2.12.0, @opentelemetry/sdk-trace-node 2.12.0',
    'ok | hook_copies | import-in-the-middle 3.6.0',
    'ok | instrumented | openai 7.55.0',
    'ok | other_instrumentations | no other instrumentation is installed',
    expect.stringMatching(/^ok \| hook \| CommonJS needs no loader hook/),
    'ok | environment | no variable switches anything off',
    'ok | reachable | http://127.0.0.1:receiver/v1/traces answers (HTTP 405 to a GET without data)',
    "ok | event_file | 'FOLDER/chaukas-events.jsonl' can be written (the default file)",
  ]);
});

describe('Packages', () => {
  const without = (...names: string[]): FakePackages =>
    Object.fromEntries(Object.entries(GOOD).filter(([place]) => !names.some((name) => place.endsWith(name))));

  test.each<[string, ProjectOptions, string[]]>([
    [
      'this package is missing',
      { fakes: without('openai-agents') },
      [
        'wrong | own_copies | opentelemetry-instrumentation-openai-agents is not installed in FOLDER | ' +
          '→ npm install opentelemetry-instrumentation-openai-agents',
      ],
    ],
    [
      'the API is missing, with pnpm',
      { fakes: without('/api'), files: { 'pnpm-lock.yaml': '' } },
      ['wrong | api_version | @opentelemetry/api is not installed | → pnpm add @opentelemetry/api'],
    ],
    [
      'the API is too old, with yarn',
      { fakes: { ...GOOD, [API]: '1.4.0' }, files: { 'yarn.lock': '' } },
      [
        'wrong | api_version | @opentelemetry/api 1.4.0 is not supported (>=1.9.0 <2) | → yarn add @opentelemetry/api@latest',
      ],
    ],
    [
      'two copies of one version of the API',
      { fakes: { ...GOOD, [`${THIS}/${API}`]: '1.9.1' } },
      [
        'warn | api_copies | @opentelemetry/api 1.9.1 and @opentelemetry/api 1.9.1 ' +
          '(of opentelemetry-instrumentation-openai-agents) are copies of one version; they share their providers, but ' +
          'one is enough | → npm dedupe, and see npm ls @opentelemetry/api',
      ],
    ],
    [
      'two versions of the API',
      { fakes: { ...GOOD, [`${THIS}/${API}`]: '1.10.0' } },
      [
        'wrong | api_copies | @opentelemetry/api 1.9.1 and @opentelemetry/api 1.10.0 ' +
          '(of opentelemetry-instrumentation-openai-agents) are different versions, and the newer one gets no provider ' +
          'if the older one registers it | → npm dedupe, and see npm ls @opentelemetry/api',
      ],
    ],
    [
      'no SDK',
      { fakes: without('sdk-trace-node', 'sdk-trace-base') },
      [
        'warn | sdk_version | no OpenTelemetry SDK is installed, so no provider records spans unless another product ' +
          'brings one | → npm install @opentelemetry/sdk-node',
      ],
    ],
    [
      'SDK 1',
      {
        fakes: {
          ...without('sdk-trace-node', 'sdk-trace-base'),
          'node_modules/@opentelemetry/sdk-node': '0.57.2',
        },
      },
      [
        "wrong | sdk_version | OpenTelemetry's SDK 1 is not supported: @opentelemetry/sdk-node 0.57.2 | → npm install " +
          '@opentelemetry/sdk-node@latest',
      ],
    ],
    [
      'SDK 2 and 3 in the application',
      { fakes: { ...GOOD, 'node_modules/@opentelemetry/sdk-node': '0.301.0' } },
      [
        "wrong | sdk_mix | versions 2 and 3 of OpenTelemetry's SDK are mixed: @opentelemetry/sdk-trace-base 2.12.0, " +
          '@opentelemetry/sdk-node 0.301.0 | → install one version of all @opentelemetry/sdk-* packages; see npm ls ' +
          '@opentelemetry/core',
      ],
    ],
    [
      'two copies of the loader hook',
      { fakes: { ...GOOD, [`${THIS}/node_modules/import-in-the-middle`]: '1.14.2' } },
      [
        'warn | hook_copies | import-in-the-middle 1.14.2 (of opentelemetry-instrumentation-openai-agents) and ' +
          'import-in-the-middle 3.6.0 are copies of the loader hook, and each knows only its own instrumentations | → ' +
          'register opentelemetry-instrumentation-openai-agents/hook.mjs, which is the hook of this package',
      ],
    ],
    [
      'an old openai',
      { fakes: { ...GOOD, 'node_modules/openai': '4.104.0' } },
      [
        'wrong | instrumented | openai 4.104.0 is not supported (>=5), so its calls may be missing | → npm install openai@latest',
      ],
    ],
    [
      'an old Agents SDK, with bun',
      { fakes: { ...GOOD, 'node_modules/@openai/agents': '0.1.0' }, files: { 'bun.lock': '' } },
      [
        'wrong | instrumented | @openai/agents 0.1.0 is not supported (>=0.3.8), so its calls may be missing | → bun add ' +
          '@openai/agents@latest',
      ],
    ],
    [
      'neither openai nor the Agents SDK',
      { fakes: without('/openai') },
      ['warn | instrumented | neither openai nor @openai/agents is installed, so there is nothing to record'],
    ],
    [
      'other instrumentations',
      { fakes: { ...GOOD, 'node_modules/langsmith': '0.3.0', 'node_modules/dd-trace': '5.60.0' } },
      ['dd-trace 5.60.0', 'langsmith 0.3.0'].map(
        (name) =>
          `warn | other_instrumentations | ${name} is installed and may record the same calls a second time | → switch ` +
          'its instrumentation of openai off, or leave it if you want both',
      ),
    ],
    [
      'ES modules without a preload',
      { fakes: GOOD, manifest: { type: 'module' } },
      [
        expect.stringMatching(
          /^warn \| hook \| no --import in NODE_OPTIONS or in a script, so the imports of ES modules may not be seen \| → .*agent-events doctor -- node app\.js$/,
        ),
      ],
    ],
    [
      "Yarn's Plug'n'Play outside of yarn",
      { files: { '.pnp.cjs': '', 'yarn.lock': '' } },
      [
        "warn | plug_n_play | the application uses Yarn's Plug'n'Play, whose packages only a process of yarn sees | → " +
          'yarn agent-events doctor',
      ],
    ],
  ])('%s', async (_, project, expected) => {
    expect(await problems(project)).toEqual(expected);
  });
});

describe('Variables', () => {
  const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
  test.each<[Record<string, string>, string[]]>([
    [
      { OTEL_SDK_DISABLED: 'true' },
      [
        'wrong | sdk_disabled | OTEL_SDK_DISABLED=true switches OpenTelemetry off: no span is recorded and no event is ' +
          'written | → unset OTEL_SDK_DISABLED',
      ],
    ],
    [{ OTEL_SDK_DISABLED: 'false' }, []],
    [{ OTEL_INSTRUMENTATION_OPENAI_AGENTS_OTHER_CALLS: 'false' }, []],
    [
      { OTEL_INSTRUMENTATION_OPENAI_AGENTS_OTHER_CALLS: 'never' },
      [
        'wrong | instrumentation_variable | variable OTEL_INSTRUMENTATION_OPENAI_AGENTS_OTHER_CALLS is ' +
          "'never'; it must be true or false (1 or 0) | → correct the variable, or unset it",
      ],
    ],
    [
      { OTEL_SDK_DISABLED: '1' },
      [
        "warn | sdk_disabled | OTEL_SDK_DISABLED is '1', which has no effect; only true has one | → unset OTEL_SDK_DISABLED",
      ],
    ],
    [
      { OTEL_TRACES_EXPORTER: 'none' },
      [
        'warn | exporter | OTEL_TRACES_EXPORTER=none: spans leave the process only through processors set in code | → ' +
          'unset OTEL_TRACES_EXPORTER, unless you want audit events alone',
      ],
    ],
    [
      { OTEL_TRACES_EXPORTER: 'console,none' },
      [
        'wrong | exporter | OTEL_TRACES_EXPORTER=console,none contradicts itself: none beside others | → remove none ' +
          'from OTEL_TRACES_EXPORTER',
      ],
    ],
    [
      { OTEL_TRACES_EXPORTER: 'jaeger' },
      [
        "warn | exporter | OTEL_TRACES_EXPORTER names 'jaeger', which is not one of otlp, console, zipkin, none",
      ],
    ],
    [
      { OTEL_LOGS_EXPORTER: 'none', [CAPTURE]: 'EVENT_ONLY' },
      [
        `wrong | exporter | ${CAPTURE} puts content into log records, and OTEL_LOGS_EXPORTER=none drops them | → set ` +
          `${CAPTURE}=SPAN_ONLY, or OTEL_LOGS_EXPORTER=otlp`,
      ],
    ],
    [{ OTEL_LOGS_EXPORTER: 'none', [CAPTURE]: 'yes' }, []],
    [
      { [CAPTURE]: 'everything' },
      [
        `wrong | capture_mode | ${CAPTURE}=everything is unknown and captures nothing; use NO_CONTENT, SPAN_ONLY, ` +
          `EVENT_ONLY, SPAN_AND_EVENT, true or false | → set ${CAPTURE}=SPAN_ONLY, or unset it`,
      ],
    ],
    ...['always_off', 'parentbased_always_off'].map((sampler): [Record<string, string>, string[]] => [
      { OTEL_TRACES_SAMPLER: sampler },
      [
        `wrong | sampler | OTEL_TRACES_SAMPLER=${sampler} leaves every trace of this process out | → unset ` +
          'OTEL_TRACES_SAMPLER, or use AlwaysRecordSampler so that events stay complete',
      ],
    ]),
    [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, []],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
      [
        'wrong | sampler | OTEL_TRACES_SAMPLER_ARG=0 leaves every trace out | → unset OTEL_TRACES_SAMPLER, or use ' +
          'AlwaysRecordSampler so that events stay complete',
      ],
    ],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '50%' },
      ["wrong | sampler | OTEL_TRACES_SAMPLER_ARG is '50%'; it must be a number from 0 to 1"],
    ],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      [
        'warn | sampler | parentbased_traceidratio keeps a share of 0.1 of the traces, and their events unless ' +
          'AlwaysRecordSampler is used',
      ],
    ],
    [
      { OTEL_TRACES_SAMPLER: 'sometimes' },
      ["warn | sampler | OTEL_TRACES_SAMPLER is 'sometimes', which OpenTelemetry for Node does not know"],
    ],
    [
      { OTEL_CONFIG_FILE: 'otel.yaml' },
      [
        'warn | configuration_file | a configuration file is set (OTEL_CONFIG_FILE), and an SDK that reads it ignores ' +
          'other OTEL_* variables',
      ],
    ],
    [
      { NODE_OPTIONS: '--max-old-space-size=200 --import ./telemetry.mjs --require=./missing.cjs' },
      [
        "wrong | node_options | NODE_OPTIONS has --require './missing.cjs', which cannot be found from FOLDER",
      ],
    ],
    [
      { NODE_OPTIONS: '--no-experimental-require-module' },
      [
        'warn | node_options | NODE_OPTIONS switches require() of ES modules off, so CommonJS gets a copy of its own',
      ],
    ],
    [
      { CHAUKAS_BATCH_SIZE: 'many', CHAUKAS_APIKEY: 'sk-secret-1' },
      [
        "wrong | variables | variable CHAUKAS_BATCH_SIZE is 'many'; it must be a whole number above 0",
        expect.stringMatching(/^wrong \| variables \| unknown variable CHAUKAS_APIKEY; known variables: /),
      ],
    ],
    [
      {
        CHAUKAS_OUTPUT_MODE: 'api',
        CHAUKAS_ENDPOINT: 'https://api.example.com',
        CHAUKAS_API_KEY: 'sk-secret-1',
      },
      expect.arrayContaining([
        expect.stringMatching(
          /^wrong \| variables \| neither variable CHAUKAS_TENANT_ID nor option "tenantId" is set/,
        ),
      ]),
    ],
  ])('%j', async (env, expected) => {
    expect(await problems({ fakes: GOOD, files: { 'telemetry.mjs': '' } }, env)).toEqual(expected);
  });
});

describe('The file of events', () => {
  const readOnly = makeProject({});
  chmodSync(readOnly, 0o555);
  afterAll(() => chmodSync(readOnly, 0o755));

  const rows: [string, string, string][] = [
    ['below a file', 'package.json/events.jsonl', 'ENOTDIR'],
    ['that is a folder', 'node_modules', 'it is a folder'],
    ['on a device', '/dev/null', 'it is not a regular file'],
  ];
  if (process.platform === 'linux') {
    rows.push(['in a folder without files', '/proc/events/events.jsonl', "ENOENT in '/proc'"]);
  }
  // The superuser may write to any folder.
  if (process.getuid?.() !== 0) {
    rows.push(['in a read-only folder', `${readOnly}/events.jsonl`, `EACCES in '${readOnly}'`]);
  }
  test.each(rows)('%s is reported', async (_, file, reason) => {
    const shown = file.startsWith('/') ? file : `FOLDER/${file}`;
    expect(await problems({ fakes: GOOD }, { CHAUKAS_OUTPUT_FILE: file })).toEqual([
      `wrong | event_file | events cannot be written to '${shown}': ${reason} | → set CHAUKAS_OUTPUT_FILE to a file ` +
        'that may be created and appended to',
    ]);
  });

  test('is not looked at if the events go elsewhere', async () => {
    const cwd = makeProject({ fakes: GOOD });
    const env = {
      CHAUKAS_OUTPUT_MODE: 'stdout,api',
      CHAUKAS_ENDPOINT: 'https://api.example.com/v1',
      CHAUKAS_API_KEY: 'sk-secret-1',
      CHAUKAS_TENANT_ID: 'acme',
      CHAUKAS_PROJECT_ID: 'desk',
      CHAUKAS_OUTPUT_FILE: '/dev/null',
      OTEL_TRACES_EXPORTER: 'console',
    };
    const { exitCode, stdout } = await runCommand(['doctor'], { cwd, env });
    expect({ exitCode, line: /events go to .*/.exec(stdout)?.[0] }).toEqual({
      exitCode: 0,
      line: 'events go to api and stdout',
    });
  });

  test('is neither created nor changed, and nothing stays in its folder', async () => {
    const cwd = makeProject({ fakes: GOOD, files: { 'events.jsonl': 'one\n' } });
    const before = contents(cwd);
    for (const CHAUKAS_OUTPUT_FILE of ['events.jsonl', 'new/events.jsonl']) {
      const env = { CHAUKAS_OUTPUT_FILE, OTEL_TRACES_EXPORTER: 'console' };
      expect((await runCommand(['doctor'], { cwd, env })).exitCode).toBe(0);
    }
    expect(contents(cwd)).toEqual(before);
  });
});

describe('The receiver of spans', () => {
  const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const OWN = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  test.each<[string, Record<string, string>, string[]]>([
    [
      'does not exist',
      { [ENDPOINT]: 'http://127.0.0.1:{closed}' },
      [
        `wrong | reachable | http://127.0.0.1:closed/v1/traces (of ${ENDPOINT}) cannot be reached: ECONNREFUSED | → start ` +
          `the receiver, or correct ${ENDPOINT}`,
      ],
    ],
    [
      'does not exist, for gRPC',
      { ...GRPC, [ENDPOINT]: '127.0.0.1:{closed}' },
      [
        `wrong | reachable | http://127.0.0.1:closed (of ${ENDPOINT}) cannot be reached: ECONNREFUSED | → start the ` +
          `receiver, or correct ${ENDPOINT}`,
      ],
    ],
    ['accepts connections of gRPC', { ...GRPC, [ENDPOINT]: 'http://127.0.0.1:{other}' }, []],
    [
      'does not speak HTTP',
      { [ENDPOINT]: 'http://127.0.0.1:{other}' },
      [
        `wrong | reachable | http://127.0.0.1:other/v1/traces (of ${ENDPOINT}) cannot be reached: it does not speak ` +
          `HTTP/1.1 (HPE_INVALID_CONSTANT) | → start the receiver, or correct ${ENDPOINT}`,
      ],
    ],
    [
      'has another path',
      { [ENDPOINT]: 'http://127.0.0.1:{missing}/api/otel/' },
      [
        `warn | reachable | http://127.0.0.1:missing/…/v1/traces (of ${ENDPOINT}) answers 404 to a GET | → check the ` +
          'path if no spans arrive',
      ],
    ],
    [
      'has no path in its own variable',
      { [OWN]: 'http://127.0.0.1:{receiver}' },
      [
        `wrong | endpoint | ${OWN} has no path, and the SDK appends none to it | → append /v1/traces to it, or use ` +
          ENDPOINT,
      ],
    ],
    ['has the path in its own variable', { [OWN]: 'http://127.0.0.1:{receiver}/v1/traces' }, []],
    [
      'is not a URL',
      { [ENDPOINT]: 'localhost:4318' },
      [
        `wrong | endpoint | ${ENDPOINT} is not an http or https URL | → set ${ENDPOINT}=http://localhost:4318`,
      ],
    ],
    [
      'is asked for in an unknown protocol',
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
      [
        "wrong | protocol | OTEL_EXPORTER_OTLP_PROTOCOL is 'http'; it must be http/protobuf, http/json, grpc | → unset " +
          'OTEL_EXPORTER_OTLP_PROTOCOL',
      ],
    ],
    [
      'gets headers in the wrong form',
      {
        [ENDPOINT]: 'http://127.0.0.1:{receiver}',
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization: Bearer sk-secret-1',
      },
      [
        'wrong | headers | OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value (its value is not shown) | → set ' +
          'OTEL_EXPORTER_OTLP_HEADERS=name=value,name=value, with %20 for a blank',
      ],
    ],
    [
      'has a certificate that cannot be read',
      { [ENDPOINT]: 'https://127.0.0.1:{receiver}', OTEL_EXPORTER_OTLP_CERTIFICATE: 'missing.pem' },
      [
        "wrong | certificate | OTEL_EXPORTER_OTLP_CERTIFICATE names 'missing.pem', which cannot be read (ENOENT)",
      ],
    ],
  ])('%s', async (_, env, expected) => {
    expect(await problems({ fakes: GOOD }, { OTEL_TRACES_EXPORTER: 'otlp', ...env })).toEqual(expected);
  });

  test('of the default warns only, since an application may have an exporter of its own', async () => {
    const found = await problems({ fakes: GOOD }, { OTEL_TRACES_EXPORTER: 'otlp', ...GRPC });
    // A receiver may run on the machine of the test.
    for (const line of found)
      expect(line).toMatch(/^warn \| reachable \| http:\/\/localhost:4317 \(the default, /);
  });

  test.each([
    ['http/protobuf', '4317', 'http/protobuf goes to port 4317, where receivers usually speak gRPC'],
    ['grpc', '4318', 'gRPC goes to port 4318, where receivers usually speak HTTP'],
  ])('of %s on port %s is reported', async (protocol, port, text) => {
    const found = await problems(
      { fakes: GOOD },
      {
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        [ENDPOINT]: `http://localhost:${port}`,
      },
    );
    expect(found[0]).toContain(`wrong | endpoint | ${text}`);
  });

  test('gets no data, and no header of the user', async () => {
    requests.length = 0;
    await examined(
      { fakes: GOOD },
      {
        [ENDPOINT]: 'http://user:sk-secret-1@127.0.0.1:{receiver}/?key=sk-secret-1',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_LOGS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20sk-secret-1',
      },
    );
    // The three signals have one receiver.
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
    expect(requests[0]?.headers.map((header) => header.toLowerCase())).toEqual([
      'host',
      `127.0.0.1:${ports.receiver}`,
      'connection',
      'close',
    ]);
  });
});

test('No credential of the environment is printed', async () => {
  const env = withPorts({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:sk-secret-1@127.0.0.1:{missing}/sk-secret-1/?key=sk-secret-1',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'ftp://user:sk-secret-1@example.com',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key: sk-secret-1',
    OTEL_METRICS_EXPORTER: 'otlp',
    CHAUKAS_ENDPOINT: 'https://user:sk-secret-1@api.example.com?key=sk-secret-1',
    CHAUKAS_API_KEY: 'sk-secret-1 two',
    CHAUKAS_APIKEY: 'sk-secret-1',
    OPENAI_API_KEY: 'sk-secret-1',
  });
  for (const args of [['doctor'], ['doctor', '--json']]) {
    const { stdout, stderr, exitCode } = await runCommand(args, { cwd: makeProject({ fakes: GOOD }), env });
    expect(exitCode).toBe(1);
    expect(stdout.length).toBeGreaterThan(500);
    expect(stdout + stderr).not.toContain('sk-secret');
  }
});

test('The output for a person has a line for each check, the command that mends it, and a summary', async () => {
  const { stdout, exitCode } = await runCommand(['doctor'], {
    cwd: makeProject({ fakes: { ...GOOD, 'node_modules/openai': '4.104.0' } }),
    env: { OTEL_TRACES_EXPORTER: 'none' },
  });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^ok {5}node {9}Node \d+\.\d+\.\d+$/m);
  expect(stdout).toContain(
    'wrong  packages     openai 4.104.0 is not supported (>=5), so its calls may be missing\n' +
      '                    → npm install openai@latest\n',
  );
  expect(stdout).toMatch(/\n\n1 problem, 1 warning\n$/);
});
