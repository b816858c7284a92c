import type { Reply, Scenario } from '../../../examples/model-server/server.js';

/** The same usage for every answer, so that no listing depends on the length of an id. */
const usage = { inputTokens: 11, outputTokens: 7, cachedTokens: 3, reasoningTokens: 2 };

const calls = (...names: string[]): Reply => ({
  toolCalls: names.map((name) => ({ name, arguments: {} })),
  usage,
});

const says = (text: string): Reply => ({ text, usage });

/** The model calls tools in parallel and answers when all have answered. */
const callsThenSays = (id: string, toolCalls: NonNullable<Reply['toolCalls']>, text: string): Scenario => ({
  id,
  steps: [
    { when: { toolResultCount: toolCalls.length }, reply: says(text) },
    { reply: { toolCalls, usage } },
  ],
});

/** The model returns items in the first turn and a text in the second; the agent's instructions count its turns. */
export const itemsThenSays = (id: string, items: NonNullable<Reply['items']>, text: string): Scenario => ({
  id,
  steps: [{ when: { instructionsInclude: 'turn 1' }, reply: { items, usage } }, { reply: says(text) }],
});

const call = (name: string, args: Record<string, unknown> = {}) => ({ name, arguments: args });

export const SCENARIOS: readonly Scenario[] = [
  { id: 'says-hi', steps: [{ reply: says('hi') }] },
  { id: 'says-json', steps: [{ reply: says('{"a":1}') }] },
  { id: 'says-sub', steps: [{ reply: says('sub says') }] },
  callsThenSays('calls-a', [call('a', { x: 1 })], 'done'),
  callsThenSays('calls-a-wrongly', [call('a', { wrong: true })], 'recovered'),
  callsThenSays('calls-a-and-b', [call('a', { x: 1 }), call('b')], 'done'),
  callsThenSays('calls-bad', [call('bad')], 'recovered'),
  callsThenSays('calls-slow', [call('slow')], 'x'),
  callsThenSays('calls-missing', [call('missing')], 'recovered'),
  callsThenSays('calls-danger', [call('danger')], 'done'),
  callsThenSays('calls-danger-and-peril', [call('danger'), call('peril')], 'done'),
  callsThenSays('calls-danger-and-a', [call('danger'), call('a', { x: 1 })], 'done'),
  callsThenSays('asks-sub', [call('ask_sub', { input: 'q' })], 'final'),
  callsThenSays('asks-two', [call('ask1', { input: 'q1' }), call('ask2', { input: 'q2' })], 'final'),
  callsThenSays('calls-mcp-add', [call('mcp_add', { a: 1, b: 2 })], 'three'),
  callsThenSays('calls-mcp-fail', [call('mcp_fail')], 'oops'),
  {
    id: 'calls-danger-twice',
    steps: [{ when: { toolResultCount: 2 }, reply: says('done') }, { reply: calls('danger') }],
  },
  { id: 'calls-a-for-ever', steps: [{ reply: { toolCalls: [call('a', { x: 1 })], usage } }] },
  {
    id: 'hands-over',
    steps: [
      {
        when: { offersTool: 'transfer_to_Billing', toolResultCount: 0 },
        reply: calls('transfer_to_Billing'),
      },
      { reply: says('billed') },
    ],
  },
  {
    id: 'hands-over-with-reason',
    steps: [
      {
        when: { offersTool: 'transfer_to_Billing', toolResultCount: 0 },
        reply: { toolCalls: [call('transfer_to_Billing', { reason: 'invoice 7' })], usage },
      },
      { reply: says('billed') },
    ],
  },
  {
    id: 'hands-over-twice-at-once',
    steps: [
      {
        when: { offersTool: 'transfer_to_Billing', toolResultCount: 0 },
        reply: calls('transfer_to_Billing', 'transfer_to_Support'),
      },
      { reply: says('billed') },
    ],
  },
  {
    id: 'searches',
    steps: [
      {
        reply: {
          items: [
            {
              type: 'file_search_call',
              status: 'completed',
              queries: ['price list'],
              results: [
                {
                  file_id: 'file-prices',
                  filename: 'prices.md',
                  score: 0.9,
                  text: 'Kettle: 42',
                  attributes: {},
                },
              ],
            },
            {
              type: 'web_search_call',
              status: 'completed',
              action: {
                type: 'search',
                query: 'kettle',
                sources: [{ type: 'url', url: 'https://shop.example/kettle' }],
              },
            },
          ],
          text: 'found',
          usage,
        },
      },
    ],
  },
  {
    id: 'runs-code-and-draws',
    steps: [
      {
        reply: {
          items: [
            {
              type: 'code_interpreter_call',
              status: 'completed',
              container_id: 'cntr_local',
              code: 'print(6 * 7)',
              outputs: [{ type: 'logs', logs: '42\n' }],
            },
            {
              type: 'image_generation_call',
              status: 'completed',
              result: 'iVBORw0KGgo=',
              output_format: 'png',
            },
          ],
          text: 'drawn',
          usage,
        },
      },
    ],
  },
  {
    id: 'asks-remote-tools',
    steps: [
      {
        reply: {
          items: [
            {
              type: 'mcp_list_tools',
              server_label: 'docs',
              tools: [{ name: 'search', description: 'Searches', input_schema: { type: 'object' } }],
            },
            {
              type: 'mcp_call',
              status: 'completed',
              server_label: 'docs',
              name: 'search',
              arguments: '{"q":"kettle"}',
              output: 'a page',
              error: null,
            },
            {
              type: 'mcp_call',
              status: 'failed',
              server_label: 'docs',
              name: 'search',
              arguments: '{"q":"?"}',
              output: null,
              error: 'no such page',
            },
          ],
          text: 'hosted done',
          usage,
        },
      },
    ],
  },
  itemsThenSays(
    'asks-approval',
    [{ type: 'mcp_approval_request', server_label: 'docs', name: 'delete', arguments: '{"id":7}' }],
    'ok',
  ),
  itemsThenSays(
    'uses-shell',
    [
      {
        type: 'shell_call',
        call_id: 'call_shell',
        status: 'completed',
        action: { commands: ['echo hello'], timeout_ms: 1000, max_output_length: 1000 },
      },
    ],
    'echoed',
  ),
  itemsThenSays(
    'patches',
    [
      {
        type: 'apply_patch_call',
        call_id: 'call_patch',
        status: 'completed',
        operation: { type: 'create_file', path: 'note.md', diff: '+hello\n' },
      },
    ],
    'patched',
  ),
  itemsThenSays(
    'uses-computer',
    [
      {
        type: 'computer_call',
        call_id: 'call_computer',
        status: 'completed',
        pending_safety_checks: [],
        actions: [{ type: 'click', x: 10, y: 20, button: 'left' }],
      },
    ],
    'clicked',
  ),
];
