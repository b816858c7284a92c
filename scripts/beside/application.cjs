// An application with this package and another instrumentation: which one is registered first, and by which module
// system the client is loaded, are arguments. Prints its records as JSON.
const http = require('node:http');
const { context, diag, DiagLogLevel, trace } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

const OURS = 'opentelemetry-instrumentation-openai-agents';

/** The warning about an instrumentation that this package knows by the name of its scope. */
const SECOND_RECORD = /records calls that this package records.* take OpenAIInstrumentation /;

/** Each returns the instrumentations to register, and may wrap the client. */
const OTHERS = {
  none: () => ({ instrumentations: [] }),
  'auto-instrumentations-node': () => {
    const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
    return { instrumentations: getNodeAutoInstrumentations() };
  },
  'instrumentation-openai': () => {
    const { OpenAIInstrumentation } = require('@opentelemetry/instrumentation-openai');
    return { instrumentations: [new OpenAIInstrumentation()] };
  },
  openinference: () => {
    const { OpenAIInstrumentation } = require('@arizeai/openinference-instrumentation-openai');
    const instrumentation = new OpenAIInstrumentation();
    // Its documentation has ES modules call this.
    return {
      instrumentations: [instrumentation],
      loaded: (OpenAI) => instrumentation.manuallyInstrument(OpenAI),
    };
  },
  openllmetry: () => {
    const { OpenAIInstrumentation } = require('@traceloop/instrumentation-openai');
    const instrumentation = new OpenAIInstrumentation();
    // Its hook does not take the form of an ES module: its documentation has those call this.
    const loaded = (OpenAI, isModule) => isModule && instrumentation.manuallyInstrument(OpenAI);
    return { instrumentations: [instrumentation], loaded };
  },
  sentry: () => sentry(require('@sentry/node')),
  'sentry-10': () => sentry(require('sentry-10')),
  langfuse: () => {
    const { observeOpenAI } = require('@langfuse/openai');
    return { instrumentations: [], wrap: (client) => observeOpenAI(client) };
  },
  langsmith: () => {
    process.env.LANGSMITH_TRACING = 'true';
    const { Client } = require('langsmith');
    const { wrapOpenAI } = require('langsmith/wrappers/openai');
    const runs = [];
    // Its traces are of its own format. Each run is created when it starts.
    const client = new Client({ apiKey: 'k', apiUrl: 'http://127.0.0.1:9' });
    client.createRun = async (run) => runs.push(run);
    client.updateRun = async () => {};
    return {
      instrumentations: [],
      wrap: (openai) => wrapOpenAI(openai, { client }),
      spans: () => runs.filter(({ run_type }) => run_type === 'llm').length,
    };
  },
  'dd-trace': async () => {
    const received = [];
    // A Datadog agent: it gets spans of its own format and never one of OpenTelemetry.
    const agent = http.createServer(async (request, response) => {
      for await (const chunk of request) received.push(chunk.toString('latin1'));
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise((resolve) => agent.listen(0, '127.0.0.1', resolve));
    const tracer = require('dd-trace').init({
      url: `http://127.0.0.1:${agent.address().port}`,
      flushInterval: 10,
      startupLogs: false,
      telemetry: { enabled: false },
    });
    tracer.use('http', false);
    return {
      instrumentations: [],
      // Of two loader hooks only the first one sees a module: docs/limits.md.
      byHand: true,
      async spans() {
        await new Promise((resolve) => setTimeout(resolve, 500));
        // The name of the span, and not that of one of its tags.
        return received.join('').match(/openai\.request(?!\.)/g)?.length ?? 0;
      },
    };
  },
};

/** Takes the module, so that two major versions can be installed. */
function sentry(Sentry) {
  const client = Sentry.init({
    dsn: 'http://key@127.0.0.1:9/1',
    tracesSampleRate: 1,
    integrations: [Sentry.openAIIntegration()],
    transport: () => ({ send: async () => ({}), flush: async () => true }),
  });
  let ended = 0;
  // Version 10 makes them with a provider of its own, and keeps those whose parent it has not seen.
  client.on('spanEnd', (span) => {
    // Version 11 has another name for the attributes.
    const { data, attributes = data } = Sentry.spanToJSON(span);
    if (attributes['gen_ai.operation.name'] !== undefined) ended += 1;
  });
  return {
    instrumentations: [],
    around: (run) => Sentry.startSpan({ name: 'request', forceTransaction: true }, run),
    spans: () => ended,
  };
}

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const responsesUsage = {
  input_tokens: 11,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 18,
};
const message = {
  type: 'message',
  id: 'm',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
};

function answer(path, body, response) {
  const model = body.model;
  if (body.stream) {
    response.setHeader('content-type', 'text/event-stream');
    const chunk = (more) =>
      response.write(`data: ${JSON.stringify({ id: 'c', model, choices: [], ...more })}\n\n`);
    chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' } }] });
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    chunk({ usage });
    return response.end('data: [DONE]\n\n');
  }
  const bodies = {
    '/v1/chat/completions': {
      id: 'c',
      object: 'chat.completion',
      model,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
      usage,
    },
    '/v1/responses': {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      model,
      output: [message],
      usage: responsesUsage,
    },
  };
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(bodies[path]));
}

async function startServer() {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    answer(request.url, JSON.parse(Buffer.concat(chunks)), response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const clientOptions = (server) => ({
  apiKey: 'k',
  baseURL: `http://127.0.0.1:${server.address().port}/v1`,
  maxRetries: 0,
});

async function makeCalls(client) {
  const messages = [{ role: 'user', content: 'Hello' }];
  await client.chat.completions.create({ model: 'gpt-4o', messages });
  const streamed = { model: 'gpt-4o', messages, stream: true, stream_options: { include_usage: true } };
  for await (const _chunk of await client.chat.completions.create(streamed));
  await client.responses.create({ model: 'gpt-4o', input: 'Hello' });
}

/** An application that knows of no telemetry: both are preloaded, and export by themselves. */
async function runPreloaded(load) {
  const { OpenAI } = await load(false);
  const server = await startServer();
  await makeCalls(new OpenAI(clientOptions(server)));
  server.closeAllConnections();
  server.close();
}

/**
 * @param {() => Promise<{ OpenAI: any, agents: any }>} load - loads the client, and the Agents SDK if it is asked for.
 */
exports.runApplication = async (load) => {
  const [name, order, withAgents] = process.argv.slice(2);
  if (withAgents === 'preloaded') return runPreloaded(load);
  const warnings = [];
  const ignore = () => {};
  const logger = {
    error: ignore,
    warn: (...args) => warnings.push(args.join(' ')),
    info: ignore,
    debug: ignore,
  };
  diag.setLogger({ ...logger, verbose: ignore }, DiagLogLevel.WARN);
  const { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } = await import(OURS);

  let other;
  let own;
  const instrumentations = [];
  const addOwn = () => {
    own = new OpenAIAgentsInstrumentation();
    instrumentations.push(own);
  };
  const addOther = async () => {
    other = await OTHERS[name]();
    instrumentations.push(...other.instrumentations);
  };
  // Hooks are registered by the constructors, in this order.
  if (order === 'ours-first') addOwn();
  await addOther();
  if (order !== 'ours-first') addOwn();

  const spans = [];
  const sink = new MemorySink();
  const recorder = {
    onStart() {},
    onEnd: (span) => spans.push(span),
    async forceFlush() {},
    async shutdown() {},
  };
  const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false });
  const provider = new NodeTracerProvider({ spanProcessors: [recorder, processor] });
  // Sentry registers a provider of its own, which gets its spans.
  provider.register();
  registerInstrumentations({ tracerProvider: provider, instrumentations });

  const { OpenAI, agents } = await load(withAgents === 'agents');
  const isModule = process.argv[1].endsWith('.mjs');
  other.loaded?.(OpenAI, isModule);
  if (other.byHand && isModule) own.manuallyInstrument({ openai: OpenAI, agents });
  const server = await startServer();
  const made = new OpenAI(clientOptions(server));
  const client = other.wrap?.(made) ?? made;

  const calls = async () => {
    if (withAgents !== 'agents') return makeCalls(client);
    agents.setTraceProcessors([]);
    const model = new agents.OpenAIResponsesModel(client, 'gpt-4o');
    await agents.run(new agents.Agent({ name: 'A', instructions: 'Be brief.', model }), 'Hello');
  };
  // The tracer of this provider, since Sentry's may be the global one.
  const request = provider.getTracer('application').startSpan('request');
  const run = () => context.with(trace.setSpan(context.active(), request), calls);
  await (other.around ?? ((action) => action()))(run);
  // Some instrumentations end their spans some turns after the call.
  await new Promise((resolve) => setTimeout(resolve, 50));
  request.end();
  await provider.forceFlush();
  const foreign = (await other.spans?.()) ?? spans.filter(isForeign).length;
  await provider.shutdown();
  server.closeAllConnections();
  server.close();

  const ends = sink.events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
  const chats = spans.filter(({ instrumentationScope: { name }, attributes }) => {
    return name === OURS && attributes['gen_ai.operation.name'] === 'chat';
  });
  const record = {
    chats: chats.length,
    chatTokens: sum(chats.map(({ attributes }) => attributes['gen_ai.usage.input_tokens'] ?? 0)),
    foreign,
    scopes: [
      ...new Set(spans.filter(isForeign).map(({ instrumentationScope }) => instrumentationScope.name)),
    ],
    invocations: ends.length,
    tokens: sum(ends.map(({ llm_invocation: { total_tokens = 0 } }) => total_tokens)),
    starts: sink.events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_START').length,
    warned: warnings.some((text) => SECOND_RECORD.test(text)),
    errors: processor.stats().errors,
  };
  process.stdout.write(`\n${JSON.stringify(record)}\n`);
  // Sentry's timers would keep the process alive.
  process.exit(0);
};

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** A span about the model, of another instrumentation. */
function isForeign({ instrumentationScope, attributes }) {
  if (instrumentationScope.name === OURS) return false;
  return Object.keys(attributes).some((name) => /^(gen_ai|llm|langfuse\.observation)\./.test(name));
}
