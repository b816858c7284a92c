import * as agents from '@openai/agents';
import { context, ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api';
import * as openai from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ModelServer, startModelServer } from '../../examples/model-server/server.js';
import { OpenAIAgentsInstrumentation, recordFeedback, withSession } from '../../src/index.js';
import { isRegistered } from '../../src/node/yielding-globals.js';
import { eventLines, type RecordedTelemetry, recordTelemetry, spanTree } from '../../src/testing/index.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';

let server: ModelServer;
let client: openai.OpenAI;

beforeAll(async () => {
  server = await startModelServer({
    scenarios: [
      {
        id: 'weather',
        description: 'Asks a tool for the weather, and repeats it.',
        steps: [
          {
            when: { hasToolResultFor: ['get_weather'] },
            reply: { text: 'It is {{toolResult:get_weather}}.' },
          },
          { reply: { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } },
        ],
      },
    ],
  });
  client = new openai.OpenAI({ apiKey: 'sk-local', baseURL: server.url, maxRetries: 0 });
  agents.setDefaultOpenAIClient(client);
  agents.setTraceProcessors([]);
});
afterAll(() => server.close());

function weatherAgent(execute: () => string): agents.Agent {
  const getWeather = agents.tool({
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: z.object({ city: z.string() }),
    execute,
  });
  return new agents.Agent({ name: 'weather_agent', model: 'weather', tools: [getWeather] });
}

const ask = (scenario = 'plain') =>
  client.responses.create(
    { model: 'gpt-5-mini', input: 'ann@example.com' },
    { headers: { 'x-scenario': scenario } },
  );

const CALL = ['chat gpt-5-mini [CLIENT]'];

describe('The recorded telemetry', () => {
  let telemetry: RecordedTelemetry;
  beforeEach(() => {
    telemetry = recordTelemetry({ openai, agents });
  });
  afterEach(() => telemetry.stop());

  it('is the spans and events of a run, as trees', async () => {
    await agents.run(
      weatherAgent(() => 'sunny'),
      'Paris?',
    );

    expect(telemetry.spanTree()).toEqual([
      'invoke_workflow weather_agent [INTERNAL]',
      '  invoke_agent weather_agent [INTERNAL]',
      '    chat weather [CLIENT]',
      '    execute_tool get_weather [INTERNAL]',
      '    chat weather [CLIENT]',
    ]);
    expect(await telemetry.eventLines()).toEqual([
      'SESSION_START',
      '  AGENT_START weather_agent',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '    TOOL_CALL_START get_weather',
      '    TOOL_CALL_END',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END weather_agent',
      'SESSION_END',
    ]);
  });

  it('shows what failed', async () => {
    const failing = weatherAgent(() => {
      throw new TypeError('no service');
    });
    await agents.run(failing, 'Paris?');
    expect(telemetry.spanTree()).toContain('    execute_tool get_weather [INTERNAL] ✗ _OTHER');
    expect(await telemetry.eventLines()).toContain('    TOOL_CALL_END (failed)');
  });

  it('has the members of spans and events to assert on', async () => {
    await ask();
    expect(telemetry.spans().map(({ attributes }) => attributes['gen_ai.request.model'])).toEqual([
      'gpt-5-mini',
    ]);
    const events = await telemetry.events();
    expect(events.map(({ type }) => type)).toContain('EVENT_TYPE_MODEL_INVOCATION_END');
    expect(eventLines(events)).toEqual(await telemetry.eventLines());
    expect(spanTree(telemetry.spans())).toEqual(CALL);
  });

  it("has the application's own spans, sessions and facts in the same tree", async () => {
    await withSession({ id: 'chat-1' }, () =>
      trace.getTracer('app').startActiveSpan('handle', async (span) => {
        await ask();
        recordFeedback({ name: 'helpful', value: true });
        span.end();
      }),
    );
    expect(telemetry.spanTree()).toEqual(['session [INTERNAL]', '  handle [INTERNAL]', `    ${CALL}`]);
    expect(new Set((await telemetry.events()).map((event) => event.session_id))).toEqual(new Set(['chat-1']));
  });

  it('is empty after reset(), and goes on', async () => {
    await ask();
    await telemetry.reset();
    expect([telemetry.spans(), await telemetry.events()]).toEqual([[], []]);
    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
    expect(await telemetry.eventLines()).toContain('  MODEL_INVOCATION_END');
  });

  it('has the events of the stream itself, if systemEvents asks for them', async () => {
    await telemetry.stop();
    telemetry = recordTelemetry({ openai, systemEvents: true });
    await ask();
    const ofProcess = (await telemetry.events()).filter(({ metadata }) => metadata?.scope === 'process');
    expect(ofProcess.map(({ type }) => type)).toEqual(['EVENT_TYPE_SESSION_START']);
  });

  it('ends with stop(), and can still be read', async () => {
    const { create } = openai.OpenAI.Responses.prototype;
    await ask();
    await telemetry.stop();
    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
    expect(await telemetry.eventLines()).toContain('SESSION_END');
    expect([isRegistered('trace'), isRegistered('context')]).toEqual([false, false]);
    expect(openai.OpenAI.Responses.prototype.create).not.toBe(create);

    telemetry = recordTelemetry({ openai, agents });
    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
  });

  it('is one recording at a time', () => {
    expect(() => recordTelemetry({ openai })).toThrow(
      'opentelemetry-instrumentation-openai-agents: recordTelemetry: an earlier recording is not stopped; await its ' +
        'stop() first, or share it',
    );
  });
});

describe('The options', () => {
  it('are those of the event stream and, apart from them, of the instrumentation', async () => {
    const telemetry = recordTelemetry({
      openai,
      tenantId: 'acme',
      redaction: { detectors: ['email'] },
      instrumentation: { captureMessageContent: 'SPAN_ONLY' },
    });
    await ask();
    const [span] = telemetry.spans();
    expect(span?.attributes['gen_ai.input.messages']).toContain('ann@example.com');
    const events = await telemetry.events();
    expect(JSON.stringify(events)).not.toContain('ann@example.com');
    expect(events.map(({ tenant_id }) => tenant_id)).toContain('acme');
    await telemetry.stop();
  });

  it.each([
    {
      name: 'an unknown one',
      options: { agent: agents },
      message: /recordTelemetry: unknown option "agent"; known options: openai, agents, mcp, /,
    },
    { name: 'sinks', options: { sinks: [] }, message: /unknown option "sinks"/ },
    { name: 'a wrong one of the events', options: { tags: 'a' }, message: /option "tags" is 'a'/ },
    {
      name: 'a wrong one of spans',
      options: { instrumentation: { redact: 1 } },
      message: /unknown option "redact"/,
    },
    {
      name: 'no object',
      options: { instrumentation: true },
      message: /option "instrumentation" is true; it must be an object/,
    },
    {
      name: 'an array',
      options: [],
      message: /the options are an empty array; they must be an object/,
    },
    { name: 'a wrong module', options: { openai: {} }, message: /manuallyInstrument\(\{ openai \}\) needs/ },
  ])('are rejected with $name, and nothing is left behind', async ({ options, message }) => {
    expect(() => recordTelemetry(options as object)).toThrow(TypeError);
    expect(() => recordTelemetry(options as object)).toThrow(message);
    expect([isRegistered('trace'), isRegistered('context')]).toEqual([false, false]);
    const telemetry = recordTelemetry({ openai });
    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
    await telemetry.stop();
  });
});

describe("With the application's own provider", () => {
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  it('the spans are recorded there, beside its export, until stop()', async () => {
    const { provider, exporter } = await registerTracerProvider([]);
    const application = new OpenAIAgentsInstrumentation();
    application.setTracerProvider(provider);
    application.manuallyInstrument({ openai });

    const telemetry = recordTelemetry({ openai });
    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
    expect(spanTree(exporter.getFinishedSpans())).toEqual(CALL);
    await telemetry.stop();

    await ask();
    expect(telemetry.spanTree()).toEqual(CALL);
    expect(spanTree(exporter.getFinishedSpans())).toEqual([...CALL, ...CALL]);
    expect(isRegistered('trace')).toBe(true);
    application.disable();
    await provider.shutdown();
  });

  it('an error says so if it takes no processor', () => {
    const tracer = new ProxyTracerProvider().getTracer('none');
    trace.setGlobalTracerProvider({ getTracer: () => tracer } as TracerProvider);
    expect(() => recordTelemetry({ openai })).toThrow(
      /a tracer provider is registered that takes no span processor/,
    );
  });
});
