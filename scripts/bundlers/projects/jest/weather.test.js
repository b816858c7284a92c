// Jest has a module registry of its own, so no hook sees a require(): the modules are passed.
const agents = require('@openai/agents');
const {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-node');
const openai = require('openai');
const {
  ChaukasSpanProcessor,
  MemorySink,
  OpenAIAgentsInstrumentation,
  withSession,
} = require('opentelemetry-instrumentation-openai-agents');
const TracedOpenAI = require('opentelemetry-instrumentation-openai-agents/openai');
const { verifyEvents } = require('opentelemetry-instrumentation-openai-agents/chaukas');

const exporter = new InMemorySpanExporter();
const sink = new MemorySink();
// Prices are those of OpenAI only at its own address, or where this says so.
const cost = { providersByHost: { '127.0.0.1': 'openai' } };
const provider = new NodeTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter), new ChaukasSpanProcessor({ sinks: [sink], cost })],
});
provider.register();
new OpenAIAgentsInstrumentation().manuallyInstrument({ openai, agents });
const names = () => exporter.getFinishedSpans().map((span) => span.name);

beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

test('a run within a session has a whole trace, and events with a price', async () => {
  const { Agent, run, setTraceProcessors, tool } = agents;
  const { z } = require('zod');
  setTraceProcessors([]);
  const getWeather = tool({
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => `sunny in ${city}`,
  });
  const weather = new Agent({ name: 'weather_agent', model: 'weather', tools: [getWeather] });
  const result = await withSession({ id: 'jest' }, () => run(weather, 'How is the weather in Paris?'));
  expect(result.finalOutput).toBe('It is sunny in Paris.');
  expect(names()).toEqual([
    'chat weather',
    'execute_tool get_weather',
    'chat weather',
    'invoke_agent weather_agent',
    'invoke_workflow weather_agent',
    'session',
  ]);

  await new openai.OpenAI().chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  await provider.forceFlush();
  const invocations = sink.events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
  expect(invocations).toHaveLength(3);
  expect(sink.events.filter(({ session_id }) => session_id === 'jest').length).toBeGreaterThan(8);
  expect(invocations[2].cost).toBeDefined();
  // The stream has no end yet.
  const { findings } = await verifyEvents(sink.events);
  expect(findings.map(({ code }) => code)).toEqual(['unclosed_stream']);
});

test('the class of ./openai is that of openai, traced', async () => {
  const client = new TracedOpenAI();
  expect(client).toBeInstanceOf(openai.OpenAI);
  await client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'Hello' }] });
  expect(names()).toEqual(['chat plain']);
  await expect(client.chat.completions.create({ model: 'none' })).rejects.toBeInstanceOf(
    openai.OpenAI.APIError,
  );
});
