import { describe, expect, it } from 'vitest';
import {
  responsesInputMessages,
  responsesOutputMessages,
  responsesRequestDetails,
} from '../../../../src/instrumentation/openai/responses/messages.js';

const text = (content: string) => ({ type: 'text', content });
const inMessage = (content: unknown) => ({ type: 'message', role: 'user', content });

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
    "a call of a hosted MCP server, by the tool's name",
    { type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'lookup', arguments: '{}', output: 'found' },
    'assistant',
    [
      {
        type: 'server_tool_call',
        id: 'mcp_1',
        name: 'lookup',
        server_tool_call: {
          type: 'mcp_call',
          server_label: 'docs',
          name: 'lookup',
          arguments: '{}',
          output: 'found',
        },
      },
    ],
  ],
  [
    'what a client tool of the API gave, whole',
    {
      type: 'computer_call_output',
      call_id: 'call_1',
      output: { type: 'computer_screenshot', file_id: 'file-1' },
    },
    'tool',
    [
      {
        type: 'computer_call_output',
        call_id: 'call_1',
        output: { type: 'computer_screenshot', file_id: 'file-1' },
      },
    ],
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

describe('responsesInputMessages', () => {
  it.each(ITEMS)('reads %s', (_what, item, role, parts) => {
    expect(responsesInputMessages([item])).toStrictEqual([{ role, parts }]);
  });

  it('takes a text for a message of the user', () => {
    expect(responsesInputMessages('Hi')).toStrictEqual([{ role: 'user', parts: [text('Hi')] }]);
  });

  it('keeps the order of the items and leaves out what is none', () => {
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
      { type: 'blob', modality: 'image', content: '/9j/4', mime_type: 'image/jpeg' },
    ],
    [
      'a picture by its id, also where an address stands beside it',
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
      { type: 'blob', modality: 'document', content: 'JVBER', mime_type: 'application/pdf' },
    ],
    [
      'sound as mp3, whose media type has another name',
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
      { type: 'blob', modality: 'audio', content: 'SUQz', mime_type: 'audio/mpeg' },
    ],
    [
      'sound that says nothing',
      { type: 'input_audio' },
      { type: 'blob', modality: 'audio', content: '', mime_type: 'audio/wav' },
    ],
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

  it('copies: the application may change the request afterwards', () => {
    const item = { type: 'dream', scenes: [1] };
    const messages = responsesInputMessages([item]);
    item.scenes.push(2);
    expect(messages[0]?.parts).toStrictEqual([{ type: 'dream', scenes: [1] }]);
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
      'tools of a wrong type',
      { tools: [null, 'weather', { name: 5, description: [] }, []] },
      { messages: [], toolDefinitions: [{ type: 'function', name: 'function' }] },
    ],
    ['no tools', { tools: [] }, { messages: [] }],
    ['tools that are no list', { tools: { 0: { type: 'function' } } }, { messages: [] }],
    ['an empty request', {}, { messages: [] }],
    ['null', null, { messages: [] }],
    ['a text', 'Hi', { messages: [] }],
    ['a list', ['Hi'], { messages: [] }],
  ])('reads %s', (_what, body, expected) => {
    expect(responsesRequestDetails(body)).toStrictEqual(expected);
  });
});

describe('responsesOutputMessages', () => {
  it.each(ITEMS)('reads %s', (_what, item, _role, parts) => {
    const expected = parts.length > 0 ? [{ role: 'assistant', parts }] : [];
    expect(responsesOutputMessages({ output: [item] })).toStrictEqual(expected);
  });

  it('joins the items to the one message of the one choice, in their order', () => {
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
