import { describe, expect, test } from 'vitest';
import { checkScenario } from '../../examples/model-server/scripting/scenario-files.js';
import type { Scenario } from '../../examples/model-server/server.js';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const scenarios: Scenario[] = [
  {
    id: 'failing-tools',
    steps: [
      {
        reply: {
          items: [
            {
              type: 'mcp_call',
              id: 'mcp_own',
              status: 'failed',
              name: 'locate',
              arguments: '{}',
              error: 'gone',
            },
            { type: 'mcp_list_tools', server_label: 'maps', tools: [], error: 'gone' },
            { type: 'web_search_call', status: 'failed', action: { type: 'search', query: 'x' } },
            { type: 'computer_call', status: 'completed', call_id: 'call_1', actions: [] },
            { type: 'from_the_future', anything: 1 },
          ],
          usage: { inputTokens: 1, outputTokens: 1 },
        },
      },
    ],
  },
];
const server = serverForFile({ scenarios });
const ask = { model: 'gpt-5-mini', input: 'How many people live in an arrondissement?' };

test('Items of hosted tools precede the text, as scripted', async () => {
  const response = await clientOf(server()).responses.create(ask, playing('hosted-tools'));
  expect(response.output.map(({ type, id }) => [type, id?.replace(/[0-9a-f]{42}$/, '…')])).toEqual([
    ['web_search_call', 'ws_…'],
    ['file_search_call', 'fs_…'],
    ['code_interpreter_call', 'ci_…'],
    ['mcp_list_tools', 'mcpl_…'],
    ['mcp_call', 'mcp_…'],
    ['image_generation_call', 'ig_…'],
    ['message', 'msg_…'],
  ]);
  expect(response.output[1]).toEqual({
    id: response.output[1]?.id,
    type: 'file_search_call',
    status: 'completed',
    queries: ['census'],
    results: [
      {
        file_id: 'file-census',
        filename: 'census.md',
        score: 0.93,
        text: 'Paris: 2,102,650',
        attributes: { year: 2023 },
      },
    ],
  });
  expect(response.output_text).toBe('About 105,000 people live in each arrondissement of Paris.');
  expect(response.usage?.input_tokens_details).toEqual({ cached_tokens: 128, cache_write_tokens: 64 });
});

describe('streamed', () => {
  test('Each item has the events of its tool, and the client assembles the same response', async () => {
    const stream = clientOf(server()).responses.stream(ask, playing('hosted-tools'));
    const events = await collect(stream);
    const short = events.map(({ type }) => type.replace('response.', ''));
    // Deltas next to each other count as one.
    const steps = short.filter((type, index) => type !== short[index - 1]);
    expect(steps.slice(2, -8)).toEqual([
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'output_item.done',
      'output_item.added',
      'file_search_call.in_progress',
      'file_search_call.searching',
      'file_search_call.completed',
      'output_item.done',
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
      'output_item.added',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.completed',
      'output_item.done',
      'output_item.added',
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
      'mcp_call.completed',
      'output_item.done',
      'output_item.added',
      'image_generation_call.in_progress',
      'image_generation_call.generating',
      'image_generation_call.completed',
    ]);
    const code = events.flatMap((event) =>
      event.type === 'response.code_interpreter_call_code.delta' ? [event.delta] : [],
    );
    expect(code.join('')).toBe('print(2102650 // 20)');
    expect(code.length).toBeGreaterThan(1);
    const added = events.flatMap((event) =>
      event.type === 'response.output_item.added' ? [{ ...event.item, id: '' }] : [],
    );
    // What the tools find is not there before they have run.
    expect(added.slice(1, 6)).toEqual([
      { id: '', type: 'file_search_call', status: 'in_progress', queries: [], results: null },
      {
        id: '',
        type: 'code_interpreter_call',
        status: 'in_progress',
        container_id: 'cntr_local',
        code: '',
        outputs: null,
      },
      { id: '', type: 'mcp_list_tools', server_label: 'maps', tools: [] },
      {
        id: '',
        type: 'mcp_call',
        status: 'in_progress',
        server_label: 'maps',
        name: 'locate',
        arguments: '',
        output: null,
        error: null,
        approval_request_id: null,
      },
      {
        id: '',
        type: 'image_generation_call',
        status: 'in_progress',
        result: null,
        output_format: 'png',
      },
    ]);
    const final = await stream.finalResponse();
    expect(final.output.map((item) => item.type)).toHaveLength(7);
  });

  test('A failed call has its event, and an unknown type has no events of its own', async () => {
    const stream = await clientOf(server()).responses.create(
      { ...ask, stream: true },
      playing('failing-tools'),
    );
    const events = await collect(stream);
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
      'mcp_call.failed',
      'output_item.done',
      'output_item.added',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.failed',
      'output_item.done',
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'output_item.done',
      'output_item.added',
      'output_item.done',
      'output_item.added',
      'output_item.done',
      'completed',
    ]);
    expect(events[2]).toMatchObject({ item: { id: 'mcp_own', status: 'in_progress', arguments: '' } });
    expect(events.at(-2)).toMatchObject({
      item: { type: 'from_the_future', anything: 1, id: expect.stringMatching(/^item_/) },
    });
  });
});

test('A message of the model cannot be an item of a scenario', () => {
  const items = [{ type: 'message', content: [] }];
  expect(() => checkScenario({ id: 'x', steps: [{ reply: { items } }] }, 'Mine')).toThrow(
    'Mine: steps[0].reply.items[0]: use text, reasoning or toolCalls for an item of this type.',
  );
});

test('Chat Completions leaves the items out', async () => {
  const completion = await clientOf(server()).chat.completions.create(
    { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] },
    playing('hosted-tools'),
  );
  expect(completion.choices[0]?.message).toEqual({
    role: 'assistant',
    content: 'About 105,000 people live in each arrondissement of Paris.',
    refusal: null,
    annotations: [],
  });
  expect(completion.usage?.prompt_tokens_details).toEqual({
    cached_tokens: 128,
    audio_tokens: 0,
    cache_write_tokens: 64,
  });
});
