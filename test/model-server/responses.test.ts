import type OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const ask = { model: 'gpt-5-mini', input: 'What is the capital of France?' };
const functionTool = (name: string): OpenAI.Responses.FunctionTool => ({
  type: 'function',
  name,
  parameters: {},
  strict: false,
});

describe('a plain response', () => {
  test('has the documented fields, and the request is echoed', async () => {
    const response = await clientOf(server()).responses.create(
      {
        ...ask,
        instructions: 'Be brief.',
        temperature: 0.2,
        metadata: { tenant: 'acme' },
        max_output_tokens: 50,
        previous_response_id: 'resp_before',
        tools: [functionTool('a')],
        text: { verbosity: 'low' },
      },
      playing('plain'),
    );
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{42}$/),
      object: 'response',
      created_at: expect.any(Number),
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'gpt-5-mini',
      instructions: 'Be brief.',
      temperature: 0.2,
      top_p: 1,
      metadata: { tenant: 'acme' },
      max_output_tokens: 50,
      previous_response_id: 'resp_before',
      tools: [functionTool('a')],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      service_tier: 'default',
      text: { format: { type: 'text' }, verbosity: 'low' },
      usage: {
        input_tokens: 14,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 21,
      },
      output: [
        {
          id: expect.stringMatching(/^msg_/),
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'The capital of France is Paris.', annotations: [] }],
        },
      ],
    });
    expect(response.output_text).toBe('The capital of France is Paris.');
    expect(response._request_id).toMatch(/^req_/);
  });

  test('reads text in message items as well as a bare string', async () => {
    const response = await clientOf(server()).responses.create({
      model: 'gpt-5-mini',
      input: [
        { role: 'user', content: 'first' },
        { role: 'user', content: [{ type: 'input_text', text: 'second' }] },
      ],
    });
    expect(response.output_text).toBe('You said: second');
  });

  test.each([
    [
      'refusal',
      'completed',
      { content: [{ type: 'refusal', refusal: "I'm sorry, but I can't help with that." }] },
    ],
    ['incomplete', 'incomplete', { status: 'incomplete' }],
    ['failed', 'failed', { status: 'incomplete' }],
  ])('%s ends with status %s', async (scenario, status, message) => {
    const response = await clientOf(server()).responses.create(ask, playing(scenario));
    expect(response).toMatchObject({ status, output: [message] });
  });

  test('reports why it is incomplete or has failed', async () => {
    const client = clientOf(server());
    const incomplete = await client.responses.create(ask, playing('incomplete'));
    expect(incomplete.incomplete_details).toEqual({ reason: 'max_output_tokens' });
    const failed = await client.responses.create(ask, playing('failed'));
    expect(failed.error).toMatchObject({ code: 'server_error' });
  });

  test('has reasoning before the text, and encrypted content only on request', async () => {
    const client = clientOf(server());
    const plain = await client.responses.create(ask, playing('reasoning'));
    expect(plain.output.map((item) => item.type)).toEqual(['reasoning', 'message']);
    expect(plain.output[0]).toMatchObject({
      id: expect.stringMatching(/^rs_/),
      summary: [{ type: 'summary_text', text: expect.stringContaining('340') }],
    });
    expect(plain.output[0]).not.toHaveProperty('encrypted_content');
    expect(plain.usage?.output_tokens_details.reasoning_tokens).toBe(192);

    const encrypted = await client.responses.create(
      { ...ask, include: ['reasoning.encrypted_content'] },
      playing('reasoning'),
    );
    expect(encrypted.output[0]).toHaveProperty('encrypted_content', expect.any(String));
  });

  test('is parsed by the client when it is structured', async () => {
    const City = z.object({ city: z.string(), country: z.string(), population: z.int() });
    const response = await clientOf(server()).responses.parse(
      { ...ask, text: { format: zodTextFormat(City, 'city') } },
      playing('structured'),
    );
    expect(response.output_parsed).toEqual({ city: 'Paris', country: 'France', population: 2102650 });
  });
});

describe('tool calls', () => {
  test('run in parallel, and their results lead to the next step', async () => {
    const client = clientOf(server());
    const tools = [functionTool('a'), functionTool('b')];
    const first = await client.responses.create({ ...ask, tools }, playing('two-tools'));
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls).toMatchObject([
      {
        id: expect.stringMatching(/^fc_/),
        call_id: expect.stringMatching(/^call_/),
        name: 'a',
        arguments: '{"query":"first"}',
      },
      { name: 'b', arguments: '{"query":"second"}' },
    ]);

    const results = calls.map((call) => ({
      type: 'function_call_output' as const,
      call_id: call.call_id,
      output: `${call.name}!`,
    }));
    const input = [{ role: 'user' as const, content: ask.input }, ...calls, ...results];
    const second = await client.responses.create({ ...ask, tools, input }, playing('two-tools'));
    expect(second.output_text).toBe('Tool a said a! and tool b said b!.');

    const chained = await client.responses.create(
      { ...ask, tools, input: results, previous_response_id: first.id },
      playing('two-tools'),
    );
    expect(chained.output_text).toBe('Tool a said a! and tool b said b!.');
  });
});

describe('a streamed response', () => {
  const events = async (scenario: string) =>
    collect(await clientOf(server()).responses.create({ ...ask, stream: true }, playing(scenario)));

  test.each([
    [
      'plain',
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta ×6',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    ],
    [
      'two-tools',
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.function_call_arguments.delta ×2',
        'response.function_call_arguments.done',
        'response.output_item.done',
        'response.output_item.added',
        'response.function_call_arguments.delta ×2',
        'response.function_call_arguments.done',
        'response.output_item.done',
        'response.completed',
      ],
    ],
    [
      'reasoning',
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.reasoning_summary_part.added',
        'response.reasoning_summary_text.delta ×14',
        'response.reasoning_summary_text.done',
        'response.reasoning_summary_part.done',
        'response.output_item.done',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta ×5',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    ],
    [
      'refusal',
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.refusal.delta ×8',
        'response.refusal.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    ],
  ])('of %s sends its events in the documented order', async (scenario, expected) => {
    const received = await events(scenario);
    expect(sequence(received.map((event) => event.type))).toEqual(expected);
    expect(received.map((event) => 'sequence_number' in event && event.sequence_number)).toEqual(
      received.map((_event, index) => index),
    );
  });

  test.each([
    ['incomplete', 'response.incomplete'],
    ['failed', 'response.failed'],
  ])('of %s ends with %s', async (scenario, last) => {
    expect((await events(scenario)).at(-1)?.type).toBe(last);
  });

  test('names each event in an event line', async () => {
    const response = await fetch(`${server().url}/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-local', 'x-scenario': 'plain' },
      body: JSON.stringify({ ...ask, stream: true }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    for (const frame of (await response.text()).trim().split('\n\n')) {
      const [event = '', data = ''] = frame.split('\n');
      expect(event.replace('event: ', '')).toBe(JSON.parse(data.replace('data: ', '')).type);
    }
  });

  test.each(['plain', 'two-tools', 'reasoning', 'refusal', 'incomplete', 'structured'])(
    'of %s is put together by the client to what the plain response says',
    async (scenario) => {
      const client = clientOf(server());
      const streamed = await client.responses.stream(ask, playing(scenario)).finalResponse();
      const plain = await client.responses.create(ask, playing(scenario));
      const said = (response: OpenAI.Responses.Response) =>
        response.output.map((item) => ({
          type: item.type,
          ...('content' in item && { content: item.content }),
          ...('summary' in item && { summary: item.summary }),
          ...(item.type === 'function_call' && { name: item.name, arguments: item.arguments }),
        }));
      expect(said(streamed)).toMatchObject(said(plain));
      expect(streamed.status).toBe(plain.status);
      expect(streamed.usage).toEqual(plain.usage);
    },
  );
});

/** The types of a list in order, with a run of the same type written once, as in `delta ×3`. */
function sequence(types: readonly string[]): string[] {
  const runs: { type: string; count: number }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count += 1;
    else runs.push({ type, count: 1 });
  }
  return runs.map(({ type, count }) => (count === 1 ? type : `${type} ×${count}`));
}
