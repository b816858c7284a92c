// The session span's part of its model calls: their tokens, the first input and the last answer.
import * as agents from '@openai/agents';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSession, withSession } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: 'SPAN_ONLY' } });
});
afterEach(() => {
  harness.instrumentation.setConfig({ captureMessageContent: 'SPAN_ONLY' });
  harness.reset();
});
afterAll(() => harness.stop());

const agent = new agents.Agent({ name: 'plain', model: 'plain', instructions: 'Be brief.' });
const create = (input: string) => harness.client.responses.create({ model: 'plain', input });

const span = (name: string): ReadableSpan => {
  const found = harness.spans().find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
};

/** The sum over all spans of model calls. */
function tokensOfCalls(attribute: string): number {
  const calls = harness.spans().filter(({ name }) => /^(chat|embeddings) /.test(name));
  return calls.reduce((sum, { attributes }) => sum + Number(attributes[attribute] ?? 0), 0);
}

const textOf = (value: unknown) =>
  (JSON.parse(String(value)) as { parts: { content: string }[] }[]).map(({ parts }) => parts[0]?.content);

describe('The span of a session', () => {
  it('has the tokens of all model calls in it, marked as a sum', async () => {
    await withSession({ name: 's' }, async () => {
      await agents.run(agent, 'first');
      for await (const _ of await harness.client.responses.create({
        model: 'plain',
        input: 'second',
        stream: true,
      }));
      await harness.client.embeddings.create({ model: 'text-embedding-3-small', input: 'third' });
    });
    const { attributes } = span('session s');
    const input = tokensOfCalls('gen_ai.usage.input_tokens');
    expect(input).toBeGreaterThan(0);
    expect(attributes).toMatchObject({
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': tokensOfCalls('gen_ai.usage.output_tokens'),
      'openai_agents.usage.aggregated': true,
    });
    expect(span('invoke_workflow plain').attributes).toMatchObject({
      'gen_ai.usage.input_tokens': span('invoke_agent plain').attributes['gen_ai.usage.input_tokens'],
      'openai_agents.usage.aggregated': true,
    });
  });

  it('has the input of its first model call and the output of the last one', async () => {
    await withSession({ name: 's' }, async () => {
      await agents.run(agent, 'first');
      await create('second');
    });
    const { attributes } = span('session s');
    expect(textOf(attributes['gen_ai.input.messages'])).toEqual(['first']);
    expect(attributes['gen_ai.output.messages']).toBe(
      harness
        .spans()
        .filter(({ name }) => name === 'chat plain')
        .at(-1)?.attributes['gen_ai.output.messages'],
    );
    expect(attributes).not.toHaveProperty('gen_ai.system_instructions');
  });

  it('has tokens and no content if content is switched off', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: false });
    await withSession({ name: 's' }, () => create('secret'));
    const { attributes } = span('session s');
    expect(attributes).toMatchObject({ 'openai_agents.usage.aggregated': true });
    expect(JSON.stringify(attributes)).not.toContain('messages');
  });

  it('has neither without a model call, or for calls after its end', async () => {
    const session = startSession({ name: 's' });
    const late = session.context;
    session.end();
    await agents.run(agent, 'outside');
    const { context } = await import('@opentelemetry/api');
    await context.with(late, () => create('late'));
    expect(span('session s').attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(span('session s').attributes).not.toHaveProperty('openai_agents.usage.aggregated');
  });

  it.each(['inside the trace', 'around the trace'])(
    'counts the calls of its run when it is %s',
    async (where) => {
      const inSession = (action: () => Promise<unknown>) => withSession({ name: 's' }, action);
      const inTrace = (action: () => Promise<unknown>) => agents.withTrace('t', action);
      const run = () => agents.run(agent, 'hi');
      await (where === 'inside the trace' ? inTrace(() => inSession(run)) : inSession(() => inTrace(run)));
      expect(span('session s').attributes['gen_ai.usage.input_tokens']).toBe(
        span('chat plain').attributes['gen_ai.usage.input_tokens'],
      );
    },
  );

  it('counts no call of a session within it', async () => {
    await withSession({ name: 'outer' }, () => withSession({ name: 'inner' }, () => create('hi')));
    expect(span('session outer').attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(span('session inner').attributes).toHaveProperty('gen_ai.usage.input_tokens');
  });
});
