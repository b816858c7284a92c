/**
 * Records the spans that other instrumentations make of the same calls, for the tests of
 * `src/events/spans/translation`. It uses the real packages, and real calls to the model server in `examples/`. Each
 * package is installed into a folder of its own in `.cache/foreign-instrumentations`, with an openai that it
 * supports.
 *
 *   node scripts/record-foreign-spans.mjs [official|openinference|openllmetry|openllmetry-flat|vercel-ai …]
 *
 * It writes `test/events/spans/translation/recorded/*.json`: in order, the state that a span processor sees at each
 * span's start and end, and the attributes that open spans gain in between. Identifiers and times are numbered, so
 * that a new recording differs only if the spans do.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startModelServerProcess } from './model-server-process.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, '.cache', 'foreign-instrumentations');
const RECORDED = join(ROOT, 'test', 'events', 'spans', 'translation', 'recorded');

const OPENTELEMETRY = { '@opentelemetry/api': '1.10.0', '@opentelemetry/sdk-trace-node': '2.12.0' };

/**
 * @typedef {object} Tool
 * @property {Record<string, string>} packages
 * @property {(load: NodeJS.Require) => { setTracerProvider(provider: unknown): void, setMeterProvider(provider: unknown): void }} instrumentation
 * @property {(load: NodeJS.Require) => Surroundings} [surroundings] - its own way to trace agents and tools.
 * @property {(load: NodeJS.Require, url: string) => Record<string, () => Promise<unknown>>} [situations] - for a tool that
 *   is not an instrumentation of openai.
 */
/**
 * @typedef {object} Surroundings
 * @property {<T>(name: string, input: unknown, body: () => Promise<T>) => Promise<T>} workflow
 * @property {<T>(name: string, input: unknown, body: () => Promise<T>) => Promise<T>} agent
 * @property {<T>(name: string, input: unknown, body: () => Promise<T>) => Promise<T>} tool
 */

/** @type {Record<string, Tool>} */
const TOOLS = {
  official: {
    // This version supports openai below 7, and needs Node 22.15.
    packages: { '@opentelemetry/instrumentation-openai': '0.22.0', openai: '6.49.0' },
    instrumentation(load) {
      const { OpenAIInstrumentation } = load('@opentelemetry/instrumentation-openai');
      return new OpenAIInstrumentation({ captureMessageContent: true });
    },
  },
  openinference: {
    packages: {
      '@arizeai/openinference-instrumentation-openai': '4.2.7',
      '@arizeai/openinference-core': '2.7.1',
      openai: '7.55.0',
    },
    instrumentation(load) {
      const { OpenAIInstrumentation } = load('@arizeai/openinference-instrumentation-openai');
      return new OpenAIInstrumentation();
    },
    surroundings(load) {
      const { traceAgent, traceChain, traceTool } = load('@arizeai/openinference-core');
      const within = (trace) => (name, input, body) => trace((_input) => body(), { name })(input);
      return { workflow: within(traceChain), agent: within(traceAgent), tool: within(traceTool) };
    },
  },
  openllmetry: {
    packages: {
      '@traceloop/instrumentation-openai': '0.27.0',
      '@traceloop/node-server-sdk': '0.27.0',
      openai: '7.55.0',
    },
    instrumentation(load) {
      const { OpenAIInstrumentation } = load('@traceloop/instrumentation-openai');
      const instrumentation = new OpenAIInstrumentation();
      // Its hook supports openai below 7; applied by hand, it traces 7 as well.
      instrumentation.manuallyInstrument(load('openai').OpenAI);
      return instrumentation;
    },
    surroundings(load) {
      const { initialize, withAgent, withTool, withWorkflow } = load('@traceloop/node-server-sdk');
      // Makes it record content.
      initialize({ tracingEnabled: false, traceloopSyncEnabled: false, silenceInitializationMessage: true });
      const within = (wrap) => (name, input, body) => wrap({ name }, () => body(), input);
      return { workflow: within(withWorkflow), agent: within(withAgent), tool: within(withTool) };
    },
  },
  'vercel-ai': {
    packages: { ai: '5.0.277', '@ai-sdk/openai': '2.0.130', zod: '4.1.12' },
    situations: vercelSituations,
  },
  // The last version with flat attributes (`gen_ai.prompt.0.content`), which similar instrumentations still use.
  'openllmetry-flat': {
    packages: { '@traceloop/instrumentation-openai': '0.22.5', openai: '5.23.2' },
    instrumentation(load) {
      const { OpenAIInstrumentation } = load('@traceloop/instrumentation-openai');
      return new OpenAIInstrumentation();
    },
  },
};

const TOOL_DEFINITIONS = ['a', 'b'].map((name) => ({
  type: 'function',
  function: {
    name,
    description: `Tool ${name}`,
    parameters: { type: 'object', properties: { query: { type: 'string' } } },
  },
}));
const scenario = (name) => ({ headers: { 'x-scenario': name } });

/** @type {Record<string, (client: any, surroundings: Surroundings | undefined) => Promise<unknown>>} */
const SITUATIONS = {
  'chat-with-tools': async (client) => {
    const messages = [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: 'Ask both.' },
    ];
    const ask = () =>
      client.chat.completions.create(
        { model: 'gpt-5-mini', messages, tools: TOOL_DEFINITIONS, max_completion_tokens: 200 },
        scenario('two-tools'),
      );
    const { choices } = await ask();
    const calls = choices[0].message.tool_calls;
    messages.push(choices[0].message);
    for (const call of calls) {
      messages.push({ role: 'tool', tool_call_id: call.id, content: `result of ${call.function.name}` });
    }
    return ask();
  },
  'chat-streamed': async (client) => {
    const stream = await client.chat.completions.create(
      {
        model: 'gpt-5-mini',
        messages: [{ role: 'user', content: 'What is the capital of France?' }],
        temperature: 0.5,
        top_p: 0.9,
        stream: true,
        stream_options: { include_usage: true },
      },
      scenario('plain'),
    );
    for await (const _chunk of stream);
  },
  'chat-with-image': (client) =>
    client.chat.completions.create(
      {
        model: 'gpt-5-mini',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: 'https://images.example/cat.png' } },
            ],
          },
        ],
      },
      scenario('plain'),
    ),
  response: (client) =>
    client.responses.create(
      { model: 'gpt-5-mini', instructions: 'You reckon.', input: 'What is 17 × 23?', max_output_tokens: 500 },
      scenario('reasoning'),
    ),
  'response-streamed': async (client) => {
    const stream = await client.responses.create(
      { model: 'gpt-5-mini', input: 'What is the capital of France?', stream: true },
      scenario('plain'),
    );
    for await (const _event of stream);
  },
  embeddings: (client) =>
    client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 3 }),
  error: async (client) => {
    try {
      await client.chat.completions.create(
        { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello?' }] },
        { headers: { 'x-fault': 'rate-limit' }, maxRetries: 0 },
      );
    } catch {
      // The call fails on purpose; only the spans matter here.
    }
  },
  agent: (client, surroundings) =>
    surroundings?.workflow('desk', { question: 'Ask a.' }, () =>
      surroundings.agent('helper', 'Ask a.', async () => {
        await surroundings.tool('lookup', { query: 'first' }, async () => ({ found: 'result of a' }));
        const { choices } = await client.chat.completions.create(
          { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Ask a.' }] },
          scenario('plain'),
        );
        return choices[0].message.content;
      }),
    ),
  'failing-tool': (_client, surroundings) =>
    surroundings
      ?.tool('lookup', { query: 'first' }, async () => {
        throw new TypeError('No such order');
      })
      .catch(() => undefined),
};

/** Each tool has a process of its own, because it brings its own openai and OpenTelemetry. */
async function recordAll(names) {
  for (const name of names) {
    if (!Object.hasOwn(TOOLS, name)) {
      throw new TypeError(`Unknown tool "${name}"; known are: ${Object.keys(TOOLS).join(', ')}`);
    }
    install(name);
  }
  const { url, stop } = await startModelServerProcess();
  try {
    for (const name of names) {
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--in', name, url], {
        stdio: 'inherit',
      });
    }
  } finally {
    stop();
  }
  execFileSync('npx', ['biome', 'format', '--write', RECORDED], { cwd: ROOT, stdio: 'ignore' });
}

function install(name) {
  const folder = join(CACHE, name);
  const manifest = JSON.stringify({
    private: true,
    dependencies: { ...OPENTELEMETRY, ...TOOLS[name].packages },
  });
  const file = join(folder, 'package.json');
  const same = existsSync(file) && readFileSync(file, 'utf8') === manifest;
  if (same && existsSync(join(folder, 'node_modules'))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, manifest);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function record(name, url) {
  const tool = TOOLS[name];
  const load = createRequire(join(CACHE, name, 'package.json'));
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node');
  const recorder = new Recorder();
  const provider = new NodeTracerProvider({ spanProcessors: [recorder] });
  provider.register();
  const situations = tool.situations?.(load, url) ?? openaiSituations(tool, load, url, provider);
  mkdirSync(RECORDED, { recursive: true });
  for (const [situation, run] of Object.entries(situations)) {
    recorder.begin();
    await run();
    // Some tools end a span only after the application has its answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const moments = recorder.moments();
    if (moments.length === 0) {
      console.log(`${name}: no spans of ${situation}`);
      continue;
    }
    const text = JSON.stringify({ packages: tool.packages, moments }, null, 2);
    writeFileSync(join(RECORDED, `${name}.${situation}.json`), `${clean(text, url)}\n`);
    console.log(
      `${name}: ${moments.filter(({ moment }) => moment === 'start').length} spans of ${situation}`,
    );
  }
}

function openaiSituations(tool, load, url, provider) {
  const instrumentation = tool.instrumentation(load);
  instrumentation.setTracerProvider(provider);
  // Without a meter provider, 0.22.0 of the official instrumentation throws into the application's stream.
  instrumentation.setMeterProvider(load('@opentelemetry/api').metrics.getMeterProvider());
  const { OpenAI } = load('openai');
  const client = new OpenAI({ apiKey: 'sk-local', baseURL: url });
  const surroundings = tool.surroundings?.(load);
  return Object.fromEntries(
    Object.entries(SITUATIONS).map(([name, run]) => [name, () => run(client, surroundings)]),
  );
}

function vercelSituations(load, url) {
  const { generateText, streamText, embed, tool, stepCountIs } = load('ai');
  const { createOpenAI } = load('@ai-sdk/openai');
  const { z } = load('zod');
  const asked = (scenario) =>
    createOpenAI({ apiKey: 'sk-local', baseURL: url, headers: { 'x-scenario': scenario } });
  const experimental_telemetry = { isEnabled: true };
  const lookup = (name) =>
    tool({
      description: `Tool ${name}`,
      inputSchema: z.object({ query: z.string() }),
      execute: async () => `result of ${name}`,
    });
  return {
    'chat-with-tools': () =>
      generateText({
        model: asked('two-tools').chat('gpt-5-mini'),
        system: 'You are brief.',
        prompt: 'Ask both.',
        tools: { a: lookup('a'), b: lookup('b') },
        stopWhen: stepCountIs(3),
        experimental_telemetry,
      }),
    'chat-streamed': async () => {
      const { textStream } = streamText({
        model: asked('plain').responses('gpt-5-mini'),
        prompt: 'What is the capital of France?',
        experimental_telemetry,
      });
      for await (const _text of textStream);
    },
    embeddings: () =>
      embed({
        model: asked('plain').textEmbeddingModel('text-embedding-3-small'),
        value: 'one',
        providerOptions: { openai: { dimensions: 3 } },
        experimental_telemetry,
      }),
    error: async () => {
      try {
        await generateText({
          model: asked('plain').chat('gpt-5-mini'),
          prompt: 'Hello?',
          headers: { 'x-fault': 'rate-limit' },
          maxRetries: 0,
          experimental_telemetry,
        });
      } catch {
        // The call fails on purpose; only the spans matter here.
      }
    },
  };
}

/** A span processor that keeps a copy of each span it sees. */
class Recorder {
  #moments = [];
  #ids = new Map();
  /** Open spans, and the attributes that were last recorded for each. */
  #open = new Map();

  begin() {
    this.#moments = [];
    this.#ids = new Map();
    this.#open = new Map();
  }

  moments() {
    this.#keepChanges(undefined);
    return this.#moments;
  }

  onStart(span) {
    this.#keepChanges(span);
    this.#keep('start', span);
    this.#open.set(span, JSON.stringify(span.attributes));
  }

  onEnd(span) {
    for (const open of this.#open.keys()) {
      if (open.spanContext().spanId === span.spanContext().spanId) this.#open.delete(open);
    }
    this.#keepChanges(span);
    this.#keep('end', span);
  }

  /** Records attributes that open spans have gained since the last moment. */
  #keepChanges(current) {
    for (const [span, recorded] of this.#open) {
      const now = JSON.stringify(span.attributes);
      if (span === current || now === recorded) continue;
      this.#open.set(span, now);
      this.#moments.push({
        moment: 'change',
        spanId: this.#id(span.spanContext().spanId, 16),
        attributes: { ...span.attributes },
      });
    }
  }

  async forceFlush() {}
  async shutdown() {}

  #keep(moment, span) {
    const { traceId, spanId } = span.spanContext();
    const parentId = span.parentSpanContext?.spanId;
    this.#moments.push({
      moment,
      traceId: this.#id(traceId, 32),
      spanId: this.#id(spanId, 16),
      ...(parentId !== undefined && { parentSpanId: this.#id(parentId, 16) }),
      name: span.name,
      kind: span.kind,
      status: span.status,
      attributes: { ...span.attributes },
      ...(span.events.length > 0 && {
        events: span.events.map(({ name, attributes }) => ({ name, attributes })),
      }),
    });
  }

  #id(id, length) {
    const known = this.#ids.get(id) ?? (this.#ids.size + 1).toString(16).padStart(length, '0');
    this.#ids.set(id, known);
    return known;
  }
}

/** Replaces what differs from one recording to the next, or identifies the machine. */
function clean(text, url) {
  const { host, port } = new URL(url);
  const ids = new Map();
  return text
    .replaceAll(host, 'model-server.test')
    .replaceAll('127.0.0.1', 'model-server.test')
    .replaceAll(new RegExp(`\\b${port}\\b`, 'g'), '443')
    .replaceAll(ROOT, '')
    .replaceAll(/\\n {4}at [^"]*?(?=")/g, '')
    .replaceAll(/\b(chatcmpl|resp|call|msg|rs|fc|req)[-_][A-Za-z0-9]{6,}\b/g, (id, kind) => {
      const known = ids.get(id) ?? `${kind}_${ids.size + 1}`;
      ids.set(id, known);
      return known;
    })
    .replaceAll(
      /("(?:created|created_at|completed_at)\\?": ?|\\"(?:created|created_at|completed_at)\\":)\d+/g,
      '$11700000000',
    )
    .replaceAll(/("ai\.response\.(?:msTo|avg)\w+": )[\d.e-]+/g, '$110')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-01-01T00:00:00.000Z');
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--in') await record(rest[0], rest[1]);
else await recordAll(mode === undefined ? Object.keys(TOOLS) : [mode, ...rest]);
