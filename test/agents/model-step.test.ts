/** A model call of a run is one span and one invocation, whatever span stands between the SDK's step and the client. */
import * as agents from '@openai/agents';
import { type Span, SpanKind, trace } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

type Create = (...args: unknown[]) => Promise<unknown>;

/** A client of the application, with a span of its own around each call. */
function clientWithin(startSpan: (run: (span: Span) => Promise<unknown>) => Promise<unknown>): OpenAI {
  const client = new OpenAI({ apiKey: 'k', baseURL: harness.server.url });
  const create = client.responses.create.bind(client.responses) as unknown as Create;
  const wrapped: Create = (...args) =>
    startSpan(async (span) => {
      try {
        return await create(...args);
      } finally {
        span.end();
      }
    });
  client.responses.create = wrapped as unknown as typeof client.responses.create;
  return client;
}

const ownSpan = (run: (span: Span) => Promise<unknown>) =>
  trace.getTracer('application').startActiveSpan('my llm call', run);

const agentOf = (client: OpenAI) =>
  new agents.Agent({
    name: 'A',
    instructions: 'Be brief.',
    model: new agents.OpenAIResponsesModel(client, 'plain'),
  });

describe.each([false, true])(
  'A span of the application around the model of a run (streamed: %s)',
  (stream) => {
    async function run(): Promise<void> {
      const agent = agentOf(clientWithin(ownSpan));
      if (stream) await (await agents.run(agent, 'Hello', { stream: true })).completed;
      else await agents.run(agent, 'Hello');
    }

    it('leaves the call one span, which stands for the step of the run', async () => {
      await run();
      expect(spanTree(harness.allSpans().filter(({ name }) => name !== 'GET'))).toEqual([
        'invoke_workflow A [INTERNAL]',
        '  invoke_agent A [INTERNAL]',
        '    chat plain [CLIENT]',
        '      my llm call [INTERNAL]',
        '        POST [CLIENT]',
      ]);
      const chat = harness.spans().find(({ name }) => name === 'chat plain');
      const step = harness.spans().find(({ name }) => name === 'invoke_agent A');
      expect(chat?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
      expect(step?.attributes['gen_ai.usage.input_tokens']).toBe(
        chat?.attributes['gen_ai.usage.input_tokens'],
      );
    });

    it('leaves the call one pair of events, with the request', async () => {
      await run();
      const events = await harness.events();
      expect(streamViolations(events)).toEqual([]);
      const of = (type: string) => events.filter((event) => event.type === `EVENT_TYPE_${type}`);
      expect(of('MODEL_INVOCATION_START')).toHaveLength(1);
      expect(of('MODEL_INVOCATION_END')).toHaveLength(1);
      expect(of('MODEL_INVOCATION_START')[0]?.llm_invocation).toMatchObject({
        model: 'plain',
        request: { messages: [{ role: 'user', content: 'Hello' }] },
      });
      expect(of('SESSION_END')[0]?.metadata?.total_tokens).toBe(
        of('MODEL_INVOCATION_END')[0]?.llm_invocation?.total_tokens,
      );
    });
  },
);

describe('A second call within the step of a run', () => {
  it('has a span of its own', async () => {
    const agent = agentOf(
      clientWithin((run) =>
        ownSpan(async (span) => {
          const result = await run(span);
          await harness.client.chat.completions.create({
            model: 'echo',
            messages: [{ role: 'user', content: 'Summarize' }],
          });
          return result;
        }),
      ),
    );
    await agents.run(agent, 'Hello');
    const chats = harness.spans().filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(chats.map(({ name }) => name).sort()).toEqual(['chat echo', 'chat plain']);
  });
});
