import { describe, expect, it } from 'vitest';
import { toJsonValue } from '../../../src/json/json.js';
import {
  responsesInputMessages,
  responsesOutputMessages,
  responsesRequestDetails,
} from '../../../src/openai-api/responses/messages.js';
import { blob } from '../../harness/blob.js';

const text = (content: string) => ({ type: 'text', content });
const inMessage = (content: unknown) => ({ type: 'message', role: 'user', content });

/** A call that the provider ran itself, and its answer where the item carries it. */
function serverTool(id: string, name: string, call: object, response?: object): unknown[] {
  return [
    { type: 'server_tool_call', id, name, server_tool_call: call },
    ...(response ? [{ type: 'server_tool_call_response', id, server_tool_call_response: response }] : []),
  ];
}

/** The parts of a tool that the provider ran: its call and, where there is one, its result. */
function served(id: string, name: string, call: unknown, result?: unknown): unknown[] {
  const response = { type: 'server_tool_call_response', id, server_tool_call_response: result };
  return [
    { type: 'server_tool_call', id, name, server_tool_call: call },
    ...(result === undefined ? [] : [response]),
  ];
}

type ItemRow = [what: string, item: unknown, role: string, parts: unknown[]];

const ITEMS: ItemRow[] = [
  ['a message', { role: 'user', content: 'Hi' }, 'user', [text('Hi')]],
  [
    'a message with its type',
    { type: 'message', role: 'system', content: 'Be brief.' },
    'system',
    [text('Be brief.')],
  ],
  ['a message of the assistant', { role: 'assistant', content: 'Hello' }, 'assistant', [text('Hello')]],
  ['a message without a role', { content: 'Hi' }, 'user', [text('Hi')]],
  ['a message without content', { role: 'user' }, 'user', []],
  ['a message with an empty text', { role: 'user', content: '' }, 'user', []],
  [
    'an answer that is handed back',
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
    },
    'assistant',
    [text('Hello')],
  ],
  [
    'a function call, its arguments parsed',
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } }],
  ],
  [
    'a function call without a call id',
    { type: 'function_call', id: 'fc_1', name: 'weather', arguments: '{' },
    'assistant',
    [{ type: 'tool_call', id: 'fc_1', name: 'weather', arguments: '{' }],
  ],
  [
    'a function call that says nothing',
    { type: 'function_call' },
    'assistant',
    [{ type: 'tool_call', name: '', arguments: null }],
  ],
  [
    'a call of a custom tool',
    { type: 'custom_tool_call', call_id: 'call_1', name: 'sql', input: 'SELECT 1' },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: 'SELECT 1' }],
  ],
  [
    'a call of a custom tool, whose input may look like JSON',
    { type: 'custom_tool_call', call_id: 'call_1', name: 'sql', input: '{"not":"parsed"}' },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: '{"not":"parsed"}' }],
  ],
  [
    'a custom tool without input',
    { type: 'custom_tool_call', call_id: 'call_1', name: 'sql' },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: null }],
  ],
  [
    "a function's answer, parsed",
    { type: 'function_call_output', call_id: 'call_1', output: '{"t":21}' },
    'tool',
    [{ type: 'tool_call_response', id: 'call_1', response: { t: 21 } }],
  ],
  [
    "a function's answer in parts",
    { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'sunny' }] },
    'tool',
    [{ type: 'tool_call_response', id: 'call_1', response: [{ type: 'input_text', text: 'sunny' }] }],
  ],
  [
    "a custom tool's answer",
    { type: 'custom_tool_call_output', call_id: 'call_1', output: 'one row' },
    'tool',
    [{ type: 'tool_call_response', id: 'call_1', response: 'one row' }],
  ],
  [
    "a function's answer that says nothing",
    { type: 'function_call_output' },
    'tool',
    [{ type: 'tool_call_response', response: null }],
  ],
  [
    'reasoning: its summary, then its text, and never what is encrypted',
    {
      type: 'reasoning',
      id: 'rs_1',
      encrypted_content: 'gAAAA',
      summary: [
        { type: 'summary_text', text: 'First' },
        { type: 'summary_text', text: 'then' },
      ],
      content: [{ type: 'reasoning_text', text: 'in full' }],
    },
    'assistant',
    [
      { type: 'reasoning', content: 'First' },
      { type: 'reasoning', content: 'then' },
      { type: 'reasoning', content: 'in full' },
    ],
  ],
  [
    'reasoning that shows nothing',
    { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' },
    'assistant',
    [],
  ],
  [
    'reasoning of a wrong type',
    { type: 'reasoning', summary: 'First', content: [null, 'x', { text: 5 }, { text: '' }] },
    'assistant',
    [],
  ],
  [
    'a compaction',
    { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAA' },
    'assistant',
    [{ type: 'compaction', id: 'cmp_1' }],
  ],
  [
    'a web search of the provider',
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'Paris' } },
    'assistant',
    [
      {
        type: 'server_tool_call',
        id: 'ws_1',
        name: 'web_search',
        server_tool_call: {
          type: 'web_search_call',
          status: 'completed',
          action: { type: 'search', query: 'Paris' },
        },
      },
    ],
  ],
  [
    'a web search with what it found',
    {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'Paris', sources: [{ type: 'url', url: 'https://h' }] },
    },
    'assistant',
    serverTool(
      'ws_1',
      'web_search',
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'Paris' } },
      { type: 'web_search_call', sources: [{ type: 'url', url: 'https://h' }] },
    ),
  ],
  [
    'a file search without its results',
    { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['Paris'], results: null },
    'assistant',
    serverTool('fs_1', 'file_search', { type: 'file_search_call', status: 'completed', queries: ['Paris'] }),
  ],
  [
    'a file search with its results',
    { type: 'file_search_call', id: 'fs_1', queries: ['Paris'], results: [{ file_id: 'f', score: 0.5 }] },
    'assistant',
    serverTool(
      'fs_1',
      'file_search',
      { type: 'file_search_call', queries: ['Paris'] },
      { type: 'file_search_call', results: [{ file_id: 'f', score: 0.5 }] },
    ),
  ],
  [
    'code that the provider ran',
    {
      type: 'code_interpreter_call',
      id: 'ci_1',
      code: '1+1',
      container_id: 'cntr_1',
      outputs: [{ type: 'logs', logs: '2' }],
    },
    'assistant',
    serverTool(
      'ci_1',
      'code_interpreter',
      { type: 'code_interpreter_call', code: '1+1', container_id: 'cntr_1' },
      { type: 'code_interpreter_call', outputs: [{ type: 'logs', logs: '2' }] },
    ),
  ],
  [
    'a picture that the provider made',
    {
      type: 'image_generation_call',
      id: 'ig_1',
      status: 'completed',
      revised_prompt: 'A cat',
      result: 'iVBOR',
    },
    'assistant',
    serverTool(
      'ig_1',
      'image_generation',
      { type: 'image_generation_call', status: 'completed', revised_prompt: 'A cat' },
      { type: 'image_generation_call', result: 'iVBOR' },
    ),
  ],
  [
    'what a web search found',
    {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'Paris', sources: [{ type: 'url', url: 'https://h/1' }] },
    },
    'assistant',
    served(
      'ws_1',
      'web_search',
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'Paris' } },
      { type: 'web_search_call', sources: [{ type: 'url', url: 'https://h/1' }] },
    ),
  ],
  [
    'a file search and what it found',
    {
      type: 'file_search_call',
      id: 'fs_1',
      status: 'completed',
      queries: ['Paris'],
      results: [{ file_id: 'file-1', score: 0.5, text: 'It is big.' }],
    },
    'assistant',
    served(
      'fs_1',
      'file_search',
      { type: 'file_search_call', status: 'completed', queries: ['Paris'] },
      { type: 'file_search_call', results: [{ file_id: 'file-1', score: 0.5, text: 'It is big.' }] },
    ),
  ],
  [
    'a file search whose results were not asked for',
    { type: 'file_search_call', id: 'fs_1', queries: ['Paris'], results: null },
    'assistant',
    served('fs_1', 'file_search', { type: 'file_search_call', queries: ['Paris'] }),
  ],
  [
    'a code interpreter',
    {
      type: 'code_interpreter_call',
      id: 'ci_1',
      code: 'print(1)',
      container_id: 'cntr_1',
      outputs: [{ type: 'logs', logs: '1' }],
    },
    'assistant',
    served(
      'ci_1',
      'code_interpreter',
      { type: 'code_interpreter_call', code: 'print(1)', container_id: 'cntr_1' },
      { type: 'code_interpreter_call', outputs: [{ type: 'logs', logs: '1' }] },
    ),
  ],
  [
    'a code interpreter that gave nothing out',
    { type: 'code_interpreter_call', id: 'ci_1', code: '1', outputs: [] },
    'assistant',
    served(
      'ci_1',
      'code_interpreter',
      { type: 'code_interpreter_call', code: '1' },
      { type: 'code_interpreter_call', outputs: [] },
    ),
  ],
  [
    'a picture that the provider made',
    { type: 'image_generation_call', id: 'ig_1', revised_prompt: 'A cat', result: 'iVBOR' },
    'assistant',
    served(
      'ig_1',
      'image_generation',
      { type: 'image_generation_call', revised_prompt: 'A cat' },
      { type: 'image_generation_call', result: 'iVBOR' },
    ),
  ],
  [
    'a picture that could not be made',
    { type: 'image_generation_call', id: 'ig_1', status: 'failed', result: null, error: { message: 'No.' } },
    'assistant',
    served(
      'ig_1',
      'image_generation',
      { type: 'image_generation_call', status: 'failed' },
      { type: 'image_generation_call', error: { message: 'No.' } },
    ),
  ],
  [
    "a call of a hosted MCP server, by the tool's name",
    {
      type: 'mcp_call',
      id: 'mcp_1',
      server_label: 'docs',
      name: 'lookup',
      arguments: '{"q":1}',
      error: null,
      output: 'found',
    },
    'assistant',
    served(
      'mcp_1',
      'lookup',
      { type: 'mcp_call', server_label: 'docs', name: 'lookup', arguments: { q: 1 } },
      { type: 'mcp_call', output: 'found' },
    ),
  ],
  [
    'a call of a hosted MCP server that failed',
    {
      type: 'mcp_call',
      id: 'mcp_1',
      server_label: 'docs',
      name: 'lookup',
      output: null,
      error: { type: 'http_error', code: 500 },
    },
    'assistant',
    served(
      'mcp_1',
      'lookup',
      { type: 'mcp_call', server_label: 'docs', name: 'lookup' },
      { type: 'mcp_call', error: { type: 'http_error', code: 500 } },
    ),
  ],
  [
    'the tools that a hosted MCP server has',
    { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs', tools: [{ name: 'lookup' }] },
    'assistant',
    served(
      'mcpl_1',
      'mcp_list_tools',
      { type: 'mcp_list_tools', server_label: 'docs' },
      { type: 'mcp_list_tools', tools: [{ name: 'lookup' }] },
    ),
  ],
  [
    'a question whether a hosted MCP server may be called',
    { type: 'mcp_approval_request', id: 'mcpr_1', server_label: 'docs', name: 'lookup', arguments: '{}' },
    'assistant',
    [{ type: 'mcp_approval_request', id: 'mcpr_1', server_label: 'docs', name: 'lookup', arguments: '{}' }],
  ],
  [
    'the answer to it',
    { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
    'user',
    [{ type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true }],
  ],
  [
    'a search for tools, which the provider does',
    {
      type: 'tool_search_call',
      id: 'ts_1',
      call_id: null,
      execution: 'server',
      arguments: { paths: ['crm'] },
    },
    'assistant',
    served('ts_1', 'tool_search', {
      type: 'tool_search_call',
      execution: 'server',
      arguments: { paths: ['crm'] },
    }),
  ],
  [
    'the tools that the provider found, without their credentials',
    {
      type: 'tool_search_output',
      id: 'tso_1',
      call_id: null,
      execution: 'server',
      tools: [
        { type: 'function', name: 'weather', parameters: {}, strict: true },
        { type: 'mcp', server_label: 'docs', authorization: 'secret', headers: { cookie: 'secret' } },
      ],
    },
    'assistant',
    [
      {
        type: 'server_tool_call_response',
        server_tool_call_response: {
          type: 'tool_search_output',
          tools: [
            { type: 'function', name: 'weather', parameters: {} },
            { type: 'mcp', name: 'docs', server_label: 'docs' },
          ],
        },
      },
    ],
  ],
  [
    'a search for tools, which the client does',
    {
      type: 'tool_search_call',
      id: 'ts_1',
      call_id: 'call_1',
      execution: 'client',
      arguments: { goal: 'x' },
    },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'tool_search', arguments: { goal: 'x' } }],
  ],
  [
    'the tools that the client found',
    {
      type: 'tool_search_output',
      call_id: 'call_1',
      execution: 'client',
      tools: [{ type: 'function', name: 'weather' }],
    },
    'tool',
    [
      {
        type: 'tool_call_response',
        id: 'call_1',
        response: { tools: [{ type: 'function', name: 'weather' }] },
      },
    ],
  ],
  [
    'a program that the provider runs, without what it knows it by',
    { type: 'program', id: 'prog_1', call_id: 'call_1', code: 'await weather()', fingerprint: 'gAAAA' },
    'assistant',
    served('call_1', 'program', { type: 'program', code: 'await weather()' }),
  ],
  [
    'what the program gave',
    { type: 'program_output', id: 'po_1', call_id: 'call_1', result: '21', status: 'completed' },
    'assistant',
    [
      {
        type: 'server_tool_call_response',
        id: 'call_1',
        server_tool_call_response: { type: 'program_output', result: '21' },
      },
    ],
  ],
  [
    "a call of a computer, which is the client's",
    {
      type: 'computer_call',
      id: 'cu_1',
      call_id: 'call_1',
      status: 'completed',
      action: { type: 'click', x: 1, y: 2 },
      pending_safety_checks: [],
    },
    'assistant',
    [
      {
        type: 'tool_call',
        id: 'call_1',
        name: 'computer',
        arguments: { action: { type: 'click', x: 1, y: 2 }, pending_safety_checks: [] },
      },
    ],
  ],
  [
    'a command for a shell of the client',
    {
      type: 'local_shell_call',
      id: 'lsh_1',
      call_id: 'call_1',
      status: 'completed',
      action: { type: 'exec', command: ['ls'], env: {} },
    },
    'assistant',
    [
      {
        type: 'tool_call',
        id: 'call_1',
        name: 'local_shell',
        arguments: { action: { type: 'exec', command: ['ls'], env: {} } },
      },
    ],
  ],
  [
    'commands for a shell of the client',
    {
      type: 'shell_call',
      id: 'sh_1',
      call_id: 'call_1',
      action: { commands: ['ls'] },
      environment: { type: 'local' },
      caller: { type: 'direct' },
    },
    'assistant',
    [
      {
        type: 'tool_call',
        id: 'call_1',
        name: 'shell',
        arguments: { action: { commands: ['ls'] }, environment: { type: 'local' } },
      },
    ],
  ],
  [
    'commands for a shell of the provider',
    {
      type: 'shell_call',
      id: 'sh_1',
      call_id: 'call_1',
      action: { commands: ['ls'] },
      environment: { type: 'container_reference', container_id: 'cntr_1' },
    },
    'assistant',
    served('call_1', 'shell', {
      type: 'shell_call',
      action: { commands: ['ls'] },
      environment: { type: 'container_reference', container_id: 'cntr_1' },
    }),
  ],
  [
    'a patch for the client to apply',
    {
      type: 'apply_patch_call',
      id: 'apc_1',
      call_id: 'call_1',
      status: 'completed',
      operation: { type: 'delete_file', path: 'a.txt' },
    },
    'assistant',
    [
      {
        type: 'tool_call',
        id: 'call_1',
        name: 'apply_patch',
        arguments: { operation: { type: 'delete_file', path: 'a.txt' } },
      },
    ],
  ],
  [
    'a call of a type that is not known, which the client is to answer',
    { type: 'dream_call', id: 'dc_1', call_id: 'call_1', about: 'sheep' },
    'assistant',
    [{ type: 'tool_call', id: 'call_1', name: 'dream', arguments: { about: 'sheep' } }],
  ],
  [
    'a call of an unknown type without a call id',
    { type: 'dream_call', id: 'dc_1', about: 'sheep', output: 'Baa' },
    'assistant',
    served('dc_1', 'dream', { type: 'dream_call', about: 'sheep' }, { type: 'dream_call', output: 'Baa' }),
  ],
  [
    'tools that come later, without their credentials',
    {
      type: 'additional_tools',
      role: 'developer',
      tools: [{ type: 'mcp', server_label: 'docs', server_url: 'https://h', authorization: 'secret' }],
    },
    'developer',
    [{ type: 'additional_tools', tools: [{ type: 'mcp', name: 'docs', server_label: 'docs' }] }],
  ],
  ['a wish for a compaction', { type: 'compaction_trigger' }, 'user', [{ type: 'compaction_trigger' }]],
  [
    'another effort',
    { type: 'configuration_update', reasoning: { effort: 'low' } },
    'user',
    [{ type: 'configuration_update', reasoning: { effort: 'low' } }],
  ],
  [
    'a reference without a type',
    { id: 'msg_1', type: null },
    'assistant',
    [{ type: 'item_reference', id: 'msg_1' }],
  ],
  [
    'an item of a type that is not known, whole',
    { type: 'dream', of: 1n },
    'assistant',
    [{ type: 'dream', of: '1' }],
  ],
  [
    'a reference to an earlier item',
    { type: 'item_reference', id: 'msg_1' },
    'assistant',
    [{ type: 'item_reference', id: 'msg_1' }],
  ],
  ['an item whose type is no text', { type: 5, role: 'user', content: 'Hi' }, 'user', [text('Hi')]],
];

/** Answers of the client, which only a request has: in a response, what is answered the provider ran. */
const CLIENT_ANSWERS: ReadonlyArray<[what: string, item: unknown, response: unknown]> = [
  [
    'a computer',
    { type: 'computer_call_output', output: { type: 'computer_screenshot', file_id: 'file-1' } },
    { type: 'computer_screenshot', file_id: 'file-1' },
  ],
  ['a local shell', { type: 'local_shell_call_output', output: '{"stdout":"a"}' }, { stdout: 'a' }],
  [
    'a shell',
    {
      type: 'shell_call_output',
      output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
    },
    [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
  ],
  [
    'a patch, which has a status too',
    { type: 'apply_patch_call_output', status: 'failed', output: 'no such file' },
    { status: 'failed', output: 'no such file' },
  ],
  ['a tool that is not known', { type: 'dream_call_output', output: 'sheep' }, 'sheep'],
];

describe('responsesInputMessages', () => {
  it.each(CLIENT_ANSWERS)('reads the answer of %s', (_what, item, response) => {
    expect(responsesInputMessages([{ ...(item as object), call_id: 'call_1' }])).toStrictEqual([
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response }] },
    ]);
  });

  it("recognises a shell in the provider's container, and its answer, by the call", () => {
    const environment = { type: 'container_reference', container_id: 'cntr_1' };
    const call = { type: 'shell_call', call_id: 'call_1', action: { commands: ['ls'] }, environment };
    const answer = { type: 'shell_call_output', call_id: 'call_1', output: [{ stdout: 'a' }] };
    const parts = [
      ...serverTool('call_1', 'shell', { type: 'shell_call', action: { commands: ['ls'] }, environment }),
      {
        type: 'server_tool_call_response',
        id: 'call_1',
        server_tool_call_response: { type: 'shell_call_output', output: [{ stdout: 'a' }] },
      },
    ];
    expect(responsesInputMessages([call, answer]).flatMap((message) => message.parts)).toStrictEqual(parts);
    expect(responsesOutputMessages({ output: [call, answer] })).toStrictEqual([{ role: 'assistant', parts }]);
  });

  it('reads the other items if one cannot be read', () => {
    const circular: Record<string, unknown> = { type: 'loop' };
    circular.self = circular;
    const throwing = {
      get type() {
        throw new Error('no');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const input = [throwing, proxy, circular, inMessage([throwing, { type: 'input_text', text: 'Hi' }])];
    const expected = [
      { role: 'assistant', parts: [{ type: 'loop', self: '[Circular]' }] },
      { role: 'user', parts: [{ type: 'unknown', content: '[Unreadable]' }, text('Hi')] },
    ];
    expect(responsesInputMessages(toJsonValue(input))).toStrictEqual(expected);
  });

  it.each(ITEMS)('reads %s', (_what, item, role, parts) => {
    expect(responsesInputMessages([item])).toStrictEqual([{ role, parts }]);
  });

  it('reads a text as a message of the user', () => {
    expect(responsesInputMessages('Hi')).toStrictEqual([{ role: 'user', parts: [text('Hi')] }]);
  });

  it('keeps the order of the items and skips invalid ones', () => {
    const input = [
      { content: '1' },
      null,
      'Hi',
      5,
      ['x'],
      { type: 'function_call_output', output: '2' },
      { content: '3' },
    ];
    expect(responsesInputMessages(input).map(({ role }) => role)).toEqual(['user', 'tool', 'user']);
  });

  it.each([null, undefined, 5, {}, { 0: { content: 'Hi' } }, () => 'Hi'])(
    'finds no message in %s',
    (input) => {
      expect(responsesInputMessages(input)).toStrictEqual([]);
    },
  );

  it.each<[what: string, part: unknown, expected: unknown]>([
    ['text', { type: 'input_text', text: 'Hi' }, text('Hi')],
    ['text of an answer', { type: 'output_text', text: 'Hi', logprobs: [] }, text('Hi')],
    ['text of the other API', { type: 'text', text: 'Hi' }, text('Hi')],
    ['text of a wrong type', { type: 'input_text', text: 5 }, text('')],
    ['a refusal', { type: 'refusal', refusal: 'No.' }, text('No.')],
    ['a refusal of a wrong type', { type: 'refusal', refusal: null }, text('')],
    [
      'a picture by its address',
      { type: 'input_image', image_url: 'https://host/cat.png' },
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png' },
    ],
    [
      'a picture as a data URL',
      { type: 'input_image', image_url: 'data:image/jpeg;base64,/9j/4' },
      blob('image', '/9j/4', 'image/jpeg'),
    ],
    [
      'a picture by its id, even beside an address',
      { type: 'input_image', file_id: 'file-1', image_url: 'https://host/cat.png' },
      { type: 'file', modality: 'image', file_id: 'file-1' },
    ],
    [
      'a picture without an address',
      { type: 'input_image', image_url: null },
      { type: 'uri', modality: 'image', uri: '' },
    ],
    [
      'a file by its id',
      { type: 'input_file', file_id: 'file-1' },
      { type: 'file', modality: 'document', file_id: 'file-1' },
    ],
    [
      'a file by its address',
      { type: 'input_file', file_url: 'https://host/a.pdf' },
      { type: 'uri', modality: 'document', uri: 'https://host/a.pdf' },
    ],
    [
      'a file as a data URL',
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBER' },
      blob('document', 'JVBER', 'application/pdf'),
    ],
    [
      'sound as mp3, whose media type has another name',
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
      blob('audio', 'SUQz', 'audio/mpeg'),
    ],
    ['sound that says nothing', { type: 'input_audio' }, blob('audio', '', 'audio/wav')],
    [
      'a screenshot',
      { type: 'computer_screenshot', image_url: 'data:image/png;base64,iVBOR' },
      blob('image', 'iVBOR', 'image/png'),
    ],
    ['a thought', { type: 'reasoning_text', text: 'Hm.' }, { type: 'reasoning', content: 'Hm.' }],
    [
      'a part of a type that is not known, whole',
      { type: 'hologram', depth: 3 },
      { type: 'hologram', depth: 3 },
    ],
    ['a part without a type', { depth: 3 }, { type: 'unknown', depth: 3 }],
    ['a text for a part', 'Hi', { type: 'unknown', content: 'Hi' }],
    ['null for a part', null, { type: 'unknown', content: null }],
  ])('reads a part: %s', (_what, part, expected) => {
    expect(responsesInputMessages([inMessage([part])])).toStrictEqual([{ role: 'user', parts: [expected] }]);
  });

  it('copies, because the application may change the request afterwards', () => {
    const item = { type: 'dream', scenes: [1] };
    const messages = responsesInputMessages([item]);
    item.scenes.push(2);
    expect(messages[0]?.parts).toStrictEqual([{ type: 'dream', scenes: [1] }]);
  });
});

const circular: Record<string, unknown> = { type: 'dream' };
circular.self = circular;
const unreadable = {
  type: 'input_text',
  get text(): string {
    throw new Error('no');
  },
};
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

describe('An unreadable value', () => {
  it.each([
    ['a circle', circular, { type: 'dream', self: '[Circular]' }],
    ['a BigInt', { type: 'dream', of: 1n }, { type: 'dream', of: '1' }],
    ['a getter that throws', unreadable, { type: 'unknown', content: '[Unreadable]' }],
    ['a revoked proxy', revoked, { type: 'unknown', content: '[Unreadable]' }],
  ])('does not affect the parts beside it: %s', (_what, part, expected) => {
    const content = [{ type: 'input_text', text: 'Hi' }, part, { type: 'input_text', text: 'there' }];
    expect(responsesInputMessages(toJsonValue([inMessage(content)]))).toStrictEqual([
      { role: 'user', parts: [text('Hi'), expected, text('there')] },
    ]);
    expect(responsesOutputMessages({ output: [inMessage(content)] })).toStrictEqual([
      { role: 'assistant', parts: [text('Hi'), expected, text('there')] },
    ]);
  });

  it('does not affect the items beside it', () => {
    const input = [{ content: '1' }, revoked, { content: '2' }];
    const messages = ['1', '2'].map((content) => ({ role: 'user', parts: [text(content)] }));
    expect(responsesRequestDetails({ input })).toStrictEqual({ messages });
  });

  it('gives nothing on its own', () => {
    expect(responsesOutputMessages(revoked)).toStrictEqual([]);
  });
});

describe('responsesRequestDetails', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };

  it.each<[what: string, body: unknown, expected: unknown]>([
    ['a text', { input: 'Hi' }, { messages: [{ role: 'user', parts: [text('Hi')] }] }],
    [
      'instructions, which are no message',
      { input: [], instructions: 'Be brief.' },
      { messages: [], systemInstructions: [text('Be brief.')] },
    ],
    ['empty instructions', { input: [], instructions: '' }, { messages: [] }],
    ['instructions that are null', { input: [], instructions: null }, { messages: [] }],
    [
      'a function',
      {
        tools: [{ type: 'function', name: 'weather', description: 'The weather', parameters, strict: true }],
      },
      {
        messages: [],
        toolDefinitions: [{ type: 'function', name: 'weather', description: 'The weather', parameters }],
      },
    ],
    [
      'built-in tools, which have no name but their type',
      { tools: [{ type: 'web_search' }, { type: 'file_search', vector_store_ids: ['vs_1'] }] },
      {
        messages: [],
        toolDefinitions: [
          { type: 'web_search', name: 'web_search' },
          { type: 'file_search', name: 'file_search' },
        ],
      },
    ],
    [
      'a hosted MCP server, without its credentials',
      {
        tools: [
          {
            type: 'mcp',
            server_label: 'docs',
            server_description: 'The docs',
            server_url: 'https://key@host',
            headers: { authorization: 'secret' },
          },
        ],
      },
      {
        messages: [],
        toolDefinitions: [{ type: 'mcp', name: 'docs', server_label: 'docs', description: 'The docs' }],
      },
    ],
    [
      'a namespace with its tools',
      {
        tools: [
          { type: 'namespace', name: 'db', description: 'Data', tools: [{ type: 'custom', name: 'sql' }] },
        ],
      },
      {
        messages: [],
        toolDefinitions: [
          { type: 'namespace', name: 'db', description: 'Data', tools: [{ type: 'custom', name: 'sql' }] },
        ],
      },
    ],
    [
      'instructions of a response that came from a prompt template',
      {
        input: [],
        instructions: [{ role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] }],
      },
      { messages: [], systemInstructions: [text('Be brief.')] },
    ],
    [
      'instructions as items, as a response repeats those of a template',
      { input: [], instructions: [{ type: 'message', role: 'developer', content: 'Be brief.' }] },
      { messages: [], systemInstructions: [text('Be brief.')] },
    ],
    [
      'a hosted MCP server, without its credentials',
      {
        tools: [
          {
            type: 'mcp',
            server_label: 'docs',
            server_description: 'The documents',
            server_url: 'https://host/mcp',
            authorization: 'secret',
            headers: { cookie: 'secret' },
          },
        ],
      },
      {
        messages: [],
        toolDefinitions: [{ type: 'mcp', name: 'docs', server_label: 'docs', description: 'The documents' }],
      },
    ],
    [
      'tools in a namespace',
      { tools: [{ type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'lookup' }] }] },
      {
        messages: [],
        toolDefinitions: [{ type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'lookup' }] }],
      },
    ],
    [
      'tools of a wrong type',
      { tools: [null, 'weather', { name: 5, description: [] }, []] },
      { messages: [], toolDefinitions: [{ type: 'function', name: 'function' }] },
    ],
    ['no tools', { tools: [] }, { messages: [] }],
    ['tools that are no list', { tools: { 0: { type: 'function' } } }, { messages: [] }],
    ['an empty request', {}, { messages: [] }],
  ])('reads %s', (_what, body, expected) => {
    expect(responsesRequestDetails(body as Record<string, unknown>)).toStrictEqual(expected);
  });
});

describe('responsesOutputMessages', () => {
  it.each(ITEMS)('reads %s', (_what, item, _role, parts) => {
    const expected = parts.length > 0 ? [{ role: 'assistant', parts }] : [];
    expect(responsesOutputMessages({ output: [item] })).toStrictEqual(expected);
  });

  it('joins the items in order into one message', () => {
    const output = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      null,
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
      'x',
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
    ];
    expect(responsesOutputMessages({ output })).toStrictEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          text('Let me see.'),
          { type: 'tool_call', id: 'call_1', name: 'weather', arguments: {} },
        ],
      },
    ]);
  });

  it('reads a call that is answered within the response as run by the provider', () => {
    const output = [
      { type: 'shell_call', call_id: 'call_1', action: { commands: ['ls'] } },
      { type: 'shell_call_output', call_id: 'call_1', output: [] },
      { type: 'shell_call', call_id: 'call_2', action: { commands: ['ls'] } },
    ];
    expect(responsesOutputMessages({ output })).toStrictEqual([
      {
        role: 'assistant',
        parts: [
          ...served('call_1', 'shell', { type: 'shell_call', action: { commands: ['ls'] } }),
          {
            type: 'server_tool_call_response',
            id: 'call_1',
            server_tool_call_response: { type: 'shell_call_output', output: [] },
          },
          { type: 'tool_call', id: 'call_2', name: 'shell', arguments: { action: { commands: ['ls'] } } },
        ],
      },
    ]);
  });

  it.each([
    null,
    undefined,
    'Hi',
    5,
    [],
    {},
    { output: null },
    { output: 'Hi' },
    { output: [] },
    { output: [null] },
  ])('finds nothing in %j', (value) => {
    expect(responsesOutputMessages(value)).toStrictEqual([]);
  });
});
