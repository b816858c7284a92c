// agent-events doctor -- node app.js: each row is a program that loses its spans in some way, or does not.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.js';
import { makeProject } from './project.js';

/** Five of these programs run at a time, which takes one of them a minute on a busy machine. */
const TIMEOUT_MS = 180_000;
vi.setConfig({ testTimeout: 2 * TIMEOUT_MS });

const BUILT = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** An exporter that drops everything, and a provider. */
const PROVIDER = `
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
new NodeTracerProvider().register();
`;
const INSTRUMENTATION = `
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';
export const instrumentation = new OpenAIAgentsInstrumentation();
registerInstrumentations({ instrumentations: [instrumentation] });
`;
const HOOK = `
import { register } from 'node:module';
register('opentelemetry-instrumentation-openai-agents/hook.mjs', import.meta.url);
`;
/** One call, to a port that nothing listens on. */
const CALL = `
const client = new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1:1', maxRetries: 0 });
client.chat.completions.create({ model: 'm', messages: [] }).catch(() => {});
`;
const FILES: Readonly<Record<string, string>> = {
  'hook.mjs': HOOK,
  'telemetry.mjs': PROVIDER + INSTRUMENTATION,
  'telemetry.cjs': `
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
new NodeTracerProvider().register();
exports.ready = import('opentelemetry-instrumentation-openai-agents').then(({ OpenAIAgentsInstrumentation }) =>
  registerInstrumentations({ instrumentations: [new OpenAIAgentsInstrumentation()] }));
`,
  'no-provider.mjs': INSTRUMENTATION,
  'app.mjs': `import OpenAI from 'openai';${CALL}`,
  'app.cjs': `require('./telemetry.cjs').ready.then(() => { const OpenAI = require('openai');${CALL} });`,
  // ES modules are loaded before the first of them runs.
  'same-graph.mjs': `import './hook.mjs'; import './telemetry.mjs'; import './app.mjs';`,
  'late.cjs': `const OpenAI = require('openai'); require('./telemetry.cjs').ready.then(() => {${CALL}});`,
  'manual.mjs': `import { instrumentation } from './telemetry.mjs'; import * as openai from 'openai';
instrumentation.manuallyInstrument({ openai }); const { OpenAI } = openai;${CALL}`,
  'drop-in.mjs': `import './provider.mjs'; import { OpenAI } from 'opentelemetry-instrumentation-openai-agents/openai';${CALL}`,
  'provider.mjs': PROVIDER,
  // The text that openai contains in each version; a bundle has it, and no folder of its own.
  'bundle.mjs': `const OpenAI = class { retries = 'X-Stainless-Retry-Count'; }; new OpenAI();`,
  'other.mjs': `import 'langsmith'; import OpenAI from 'openai';${CALL}`,
  'node_modules/langsmith/package.json': '{ "name": "langsmith", "version": "0.3.0", "main": "index.js" }',
  'node_modules/langsmith/index.js': '',
  'unsampled.mjs': `import './hook.mjs';
import { NodeTracerProvider, AlwaysOffSampler } from '@opentelemetry/sdk-trace-node';
new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).register();${INSTRUMENTATION}`,
  'fails.mjs': `import 'openai'; debugger; process.exitCode = 7;`,
  'options.mjs': `import 'openai'; console.log(process.execArgv.length, process.env.NODE_OPTIONS);`,
  'parent.mjs': `import { spawn } from 'node:child_process';
spawn(process.execPath, ['--import', './hook.mjs', '--import', './telemetry.mjs', 'app.mjs'], { stdio: 'inherit' });`,
  'server.mjs': `import 'openai'; import http from 'node:http'; http.createServer().listen(0);`,
  'silent.mjs': '',
};

const folder = makeProject({
  links: [
    'opentelemetry-instrumentation-openai-agents',
    'openai',
    '@opentelemetry/api',
    '@opentelemetry/instrumentation',
    '@opentelemetry/sdk-trace-node',
  ],
  files: FILES,
});

async function doctor(args: readonly string[], env: Record<string, string> = {}) {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run "npm run build" first`);
  const child = spawn(process.execPath, [BUILT, 'doctor', '--json', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'console', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { stdout, stderr, exitCode };
}

/** The checks of the run, as `level | code | text`. */
async function checked(args: readonly string[], env?: Record<string, string>) {
  const { stdout, stderr, exitCode } = await doctor(['--', process.execPath, ...args], env);
  if (stdout === '') throw new Error(stderr);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const lines = checks
    .filter(({ topic }) => topic === 'program')
    .map(
      ({ level, code, text }) => `${level} | ${code} | ${text.replace(/openai \d+\.\d+\.\d+/, 'openai X')}`,
    );
  return { exitCode, stderr, lines };
}

const PRELOADS = ['--import', './hook.mjs', '--import', './telemetry.mjs'];
const ENDED = 'ok | ended | the program ended with exit code 0';
const ESM = 'openai X (ES module)';
const HOOKED = `ok | hooked | ${ESM} was hooked when it was loaded`;
const REGISTERED = expect.stringMatching(/^ok \| provider \| a tracer provider is registered \(\w+\)$/);
const NO_PROVIDER =
  'wrong | provider | no tracer provider is registered with the @opentelemetry/api that other packages see';
const RECORDED = 'ok | spans | 1 span of this package, 1 of them recorded';
const NO_SPAN = 'warn | spans | no span of this package was started';
const NO_INSTRUMENTATION =
  'wrong | instrumentation | no OpenAIAgentsInstrumentation of opentelemetry-instrumentation-openai-agents was created';

describe('A program that', () => {
  test.concurrent.each<[string, string[], number, unknown[]]>([
    [
      'has hook, instrumentation and provider',
      [...PRELOADS, 'app.mjs'],
      0,
      [ENDED, HOOKED, REGISTERED, RECORDED],
    ],
    [
      'is CommonJS',
      ['app.cjs'],
      0,
      [ENDED, 'ok | hooked | openai X (CommonJS) was hooked when it was loaded', REGISTERED, RECORDED],
    ],
    [
      'has no hook for ES modules',
      ['--import', './telemetry.mjs', 'app.mjs'],
      1,
      [
        ENDED,
        `wrong | hooked | ${ESM} was imported without a loader hook, so nothing hooked it`,
        REGISTERED,
        NO_SPAN,
      ],
    ],
    [
      'registers the hook among its own imports',
      ['same-graph.mjs'],
      1,
      [
        ENDED,
        `wrong | hooked | ${ESM} was loaded before the instrumentation was created, so nothing hooked it`,
        REGISTERED,
        NO_SPAN,
      ],
    ],
    [
      'requires openai first',
      ['late.cjs'],
      1,
      [
        ENDED,
        'wrong | hooked | openai X (CommonJS) was loaded before the instrumentation was created, so nothing hooked it',
        REGISTERED,
        NO_SPAN,
      ],
    ],
    [
      'passes openai to manuallyInstrument()',
      ['manual.mjs'],
      0,
      [ENDED, `ok | hooked | ${ESM} was passed to manuallyInstrument()`, REGISTERED, RECORDED],
    ],
    [
      'uses the drop-in class',
      ['drop-in.mjs'],
      0,
      [ENDED, `ok | hooked | ${ESM} is loaded, and single clients are traced`, REGISTERED, RECORDED],
    ],
    [
      'has no instrumentation',
      ['app.mjs'],
      1,
      [
        ENDED,
        NO_INSTRUMENTATION,
        `warn | hooked | ${ESM} was loaded, and nothing hooked it`,
        NO_PROVIDER,
        NO_SPAN,
      ],
    ],
    [
      'has no provider',
      ['--import', './hook.mjs', '--import', './no-provider.mjs', 'app.mjs'],
      1,
      [
        ENDED,
        HOOKED,
        NO_PROVIDER,
        'wrong | spans | 1 span of this package, none of them recorded: there is no provider',
      ],
    ],
    [
      'samples nothing',
      ['--import', './unsampled.mjs', 'app.mjs'],
      1,
      [
        ENDED,
        HOOKED,
        REGISTERED,
        'wrong | spans | 1 span of this package, none of them recorded: the sampler left them out, or the provider was shut down',
      ],
    ],
    [
      'is a bundle',
      [...PRELOADS, 'bundle.mjs'],
      1,
      [
        ENDED,
        'wrong | bundled | openai is bundled into bundle.mjs, where no hook sees it',
        REGISTERED,
        NO_SPAN,
      ],
    ],
    [
      'loads another instrumentation',
      [...PRELOADS, 'other.mjs'],
      0,
      [
        ENDED,
        HOOKED,
        REGISTERED,
        RECORDED,
        'warn | other_instrumentations | langsmith was loaded and may record the same calls a second time',
      ],
    ],
    ['makes its calls in a child process', ['parent.mjs'], 0, [ENDED, HOOKED, REGISTERED, RECORDED]],
    [
      'fails, and has a debugger statement',
      ['fails.mjs'],
      1,
      expect.arrayContaining(['wrong | ended | the program ended with exit code 7']),
    ],
    [
      'loads none of the packages',
      ['silent.mjs'],
      0,
      [ENDED, 'warn | loaded | none of 1 process loaded openai or @openai/agents'],
    ],
  ])('%s', async (_, args, exitCode, lines) => {
    expect(await checked(args)).toMatchObject({ exitCode, lines });
  });

  test.concurrent('prints goes to standard error, and NODE_OPTIONS keeps what was in it', async () => {
    const { stderr } = await checked(['options.mjs'], { NODE_OPTIONS: '--max-old-space-size=300' });
    expect(stderr).toMatch(/^0 --import file:\/\/\S+\/preload\.js --max-old-space-size=300\n$/);
  });

  test.concurrent('does not end is ended after the time that --stop-after says, and reported', async () => {
    let texts: string[] = [];
    // A slow machine needs longer until the program has loaded something.
    for (const seconds of ['15', '45', '120']) {
      const { stdout } = await doctor(['--stop-after', seconds, '--', process.execPath, 'server.mjs']);
      texts = (JSON.parse(stdout) as { checks: Check[] }).checks.map(({ text }) => text);
      if (texts.some((each) => each.includes('was loaded'))) break;
    }
    expect(texts).toContain('the program was ended when its time was over');
    expect(texts).toContainEqual(
      expect.stringMatching(/^openai \d\S+ \(ES module\) was loaded, and nothing hooked it$/),
    );
  });

  test.concurrent('cannot be started is wrong usage', async () => {
    expect(await doctor(['--', './no-such-program', 'app.js'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'agent-events: cannot start ./no-such-program: ENOENT\n',
    });
  });
});
