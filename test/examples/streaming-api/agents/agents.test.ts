/** Each agent of the streaming API alone, without HTTP, against the model server with the example's scenarios. */
import { type RunItem, run, setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadScenarios,
  type ModelServer,
  type Scenario,
  startModelServer,
} from '../../../../examples/model-server/server.js';
import { createAssistantAgent } from '../../../../examples/streaming-api/assistant/index.js';
import { createChatAgent } from '../../../../examples/streaming-api/chat/index.js';
import { ResearchManager, type ResearchProgress } from '../../../../examples/streaming-api/research/index.js';

const model = 'gpt-5-mini';
const now = () => new Date('2026-11-30T09:05:00Z');
let server: ModelServer;

beforeAll(async () => {
  const failing = (id: string, words: string): Scenario => ({
    id,
    match: { instructionsInclude: 'research searcher', lastUserIncludes: words },
    steps: [{ faults: [{ fault: 'server-error' }], reply: { text: 'never sent' } }],
  });
  server = await startModelServer({
    scenarios: [
      failing('one-search-fails', 'cost of trees beyond reach'),
      failing('all-searches-fail', 'nothing but failure'),
      ...(await loadScenarios('examples/streaming-api/scenarios')),
    ],
  });
  setTraceProcessors([]);
  setDefaultOpenAIClient(
    new OpenAI({ baseURL: server.url, apiKey: 'sk-local', maxRetries: 0, logLevel: 'off' }),
  );
});

afterAll(() => server.close());

describe('The assistant', () => {
  const assistant = createAssistantAgent({ model, now });

  it('looks the weather and the time up in one turn', async () => {
    const result = await run(assistant, 'What are the weather and the time in Paris?');
    expect(kinds(result.newItems)).toEqual([
      'reasoning_item of assistant',
      'tool_call_item of assistant',
      'tool_call_item of assistant',
      'tool_call_output_item of assistant',
      'tool_call_output_item of assistant',
      'message_output_item of assistant',
    ]);
    expect(result.finalOutput).toBe(
      'The weather is 18 °C and light rain in Paris. It is 10:05 in Europe/Paris.',
    );
  });

  it('pauses before it deletes a note, and deletes it when that is approved', async () => {
    const paused = await run(assistant, 'Please delete note 7');
    const [approval] = paused.interruptions ?? [];
    if (approval === undefined) throw new Error('The run did not pause.');
    expect([approval.name, approval.arguments]).toEqual(['delete_note', '{"id":"7"}']);
    paused.state.approve(approval);
    expect((await run(assistant, paused.state)).finalOutput).toBe('About note 7: Note 7 is deleted.');
  });

  it('keeps the note when the deletion is rejected', async () => {
    const paused = await run(assistant, 'Please delete note 7');
    for (const approval of paused.interruptions ?? []) {
      paused.state.reject(approval, { message: 'The note is still needed.' });
    }
    expect((await run(assistant, paused.state)).finalOutput).toBe('About note 7: The note is still needed.');
  });

  it('hands questions about invoices over to the billing specialist', async () => {
    const result = await run(assistant, 'Where is my invoice?');
    expect(kinds(result.newItems)).toEqual([
      'handoff_call_item of assistant',
      'handoff_output_item of assistant',
      'tool_call_item of billing-specialist',
      'tool_call_output_item of billing-specialist',
      'message_output_item of billing-specialist',
    ]);
    expect(result.lastAgent?.name).toBe('billing-specialist');
    expect(result.finalOutput).toContain('2026-0042');
  });

  it('does not send a card number to the model', async () => {
    const before = server.requests.length;
    const call = run(assistant, 'My card is 4111 1111 1111 1111, please pay');
    await expect(call).rejects.toMatchObject({ name: 'InputGuardrailTripwireTriggered' });
    expect(server.requests.length).toBe(before);
  });

  it('answers a user who wrote a card number in an earlier message', async () => {
    const result = await run(assistant, [
      { role: 'user', content: 'My card is 4111 1111 1111 1111' },
      { role: 'user', content: 'ping' },
    ]);
    expect(result.finalOutput).toBe('pong');
  });

  it('stops at the limit of turns', async () => {
    const call = run(assistant, 'Go on forever', { maxTurns: 3 });
    await expect(call).rejects.toMatchObject({ name: 'MaxTurnsExceededError' });
  });

  it.each([
    ['Fail with 500', { status: 500 }],
    ['Fail with 429', { status: 429 }],
  ])('passes the failure of the model on after "%s"', async (input, error) => {
    await expect(run(assistant, input)).rejects.toMatchObject(error);
  });

  it('breaks off in the middle of a stream if the model does', async () => {
    const result = await run(assistant, 'Fail midway', { stream: true });
    let text = '';
    const read = async () => {
      for await (const part of result.toTextStream()) text += part;
      await result.completed;
    };
    await expect(read()).rejects.toThrow();
    expect(text).toMatch(/^I was/);
    expect(text).not.toMatch(/which is$/);
  });

  it('cancels the request of an aborted run', async () => {
    const stop = new AbortController();
    const call = run(assistant, 'Fail in silence', { signal: stop.signal });
    await expect.poll(() => server.requests.at(-1)?.scenario).toBe('silent');
    stop.abort();
    await expect(call).rejects.toThrow();
  });
});

describe('The chat agent', () => {
  const chat = createChatAgent({ model, now });

  it('makes its instructions anew for each run', async () => {
    await run(chat, 'ping');
    expect(server.requests.at(-1)?.body).toMatchObject({
      instructions: expect.stringContaining('Today is 2026-11-30.'),
    });
  });

  it('streams a story in many parts', async () => {
    const result = await run(chat, 'Tell me a story', { stream: true });
    const parts: string[] = [];
    for await (const part of result.toTextStream()) parts.push(part);
    expect(parts.length).toBeGreaterThan(100);
    expect(parts.join('')).toMatch(/^Once upon a time .* third column\.$/s);
  });

  it('says what the model server can do if nothing else fits', async () => {
    expect((await run(chat, 'Hello!')).finalOutput).toMatch(/^You said: Hello!/);
  });
});

describe('A research', () => {
  it('plans, searches for all topics at once, and writes a report', async () => {
    const steps: ResearchProgress[] = [];
    const research = new ResearchManager({ model });
    const result = await research.run('Are heat pumps worth it in cold climates?', {
      onProgress: (step) => steps.push(step),
    });
    expect(steps.map(({ stage, done, total }) => [stage, done, total])).toEqual([
      ['planning', undefined, undefined],
      ['searching', 0, 3],
      ['searching', 1, 3],
      ['searching', 2, 3],
      ['searching', 3, 3],
      ['writing', undefined, undefined],
    ]);
    expect(result.searches.map(({ query, failed }) => [query, failed])).toEqual([
      ['heat pumps in cold climates', false],
      ['cost of a heat pump', false],
      ['insulation and heating', false],
    ]);
    expect(result.report.markdown).toContain('Cold-climate heat pumps keep working down to about −25 °C.');
    // One for the plan, two for each search, one for the report.
    expect(result.usage.requests).toBe(8);
    expect(result.usage.inputTokens).toBe(140 + 3 * (120 + 240) + 620);
  });

  it('makes at most as many searches as it may', async () => {
    const research = new ResearchManager({ model, maxSearches: 1 });
    const { searches } = await research.run('Are heat pumps noisy?');
    expect(searches.length).toBe(1);
  });

  it('leaves out a search that fails', async () => {
    const { searches, report } = await new ResearchManager({ model }).run('trees beyond reach');
    expect(searches).toEqual([
      { query: 'trees beyond reach', failed: false },
      { query: 'cost of trees beyond reach', failed: true },
    ]);
    expect(report.markdown).toContain('Why cities plant trees');
  });

  it('fails with the reason of the model if every search does', async () => {
    const call = new ResearchManager({ model }).run('nothing but failure');
    await expect(call).rejects.toMatchObject({ status: 500 });
  });

  it('stops when it is aborted, in the middle of the searches', async () => {
    const stop = new AbortController();
    const steps: ResearchProgress[] = [];
    const call = new ResearchManager({ model }).run('Are heat pumps worth it?', {
      signal: stop.signal,
      onProgress: (step) => {
        steps.push(step);
        if (step.done === 0) stop.abort();
      },
    });
    await expect(call).rejects.toThrow();
    expect(steps.map(({ stage }) => stage)).not.toContain('writing');
  });
});

/** Type and agent of each item; a handoff's output names the agent that handed over. */
function kinds(items: readonly RunItem[]): string[] {
  return items.map((item) => {
    const agent =
      item.type === 'handoff_output_item' ? item.sourceAgent : 'agent' in item ? item.agent : undefined;
    return `${item.type} of ${agent?.name}`;
  });
}
