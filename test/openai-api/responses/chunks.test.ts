import { describe, expect, it } from 'vitest';
import { ResponsesChunks } from '../../../src/openai-api/responses/chunks.js';
import { responsesOutputMessages } from '../../../src/openai-api/responses/messages.js';
import { readResponsesResponse } from '../../../src/openai-api/responses/response.js';

const message = (...texts: string[]) => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: texts.map((part) => ({ type: 'output_text', text: part })),
});
const functionCall = {
  type: 'function_call',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Paris"}',
};

/** A response as it stands before the model has said anything. */
const begun = (status = 'in_progress') => ({
  id: 'resp_1',
  model: 'gpt-5-mini-2025',
  service_tier: 'auto',
  status,
  output: [],
  usage: null,
});

const created = { type: 'response.created', response: begun() };
const inProgress = { type: 'response.in_progress', response: begun() };
const added = (output_index: unknown, item: unknown) => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
const delta = (output_index: unknown, part: unknown, content_index = 0) => ({
  type: 'response.output_text.delta',
  output_index,
  content_index,
  delta: part,
});
const textDelta = (kind: string, output_index: number, part: string, where: Record<string, number> = {}) => ({
  type: `response.${kind}.delta`,
  output_index,
  item_id: 'item_1',
  ...where,
  delta: part,
});
const refusal = (output_index: number, part: string, content_index = 0) =>
  textDelta('refusal', output_index, part, { content_index });
const done = (output_index: unknown, item: unknown) => ({
  type: 'response.output_item.done',
  output_index,
  item,
});
const ended = (type: string, response: Record<string, unknown>) => ({
  type: `response.${type}`,
  response: { ...begun(type), service_tier: 'default', ...response },
});
const usage = { input_tokens: 9, output_tokens: 3, total_tokens: 12 };

function accumulate(events: readonly unknown[], keepContent = true): ResponsesChunks {
  const accumulator = new ResponsesChunks(keepContent);
  for (const event of events) accumulator.add(event);
  return accumulator;
}

/** The parts of the one message. */
function partsOf(events: readonly unknown[], keepContent = true): unknown[] {
  return responsesOutputMessages(accumulate(events, keepContent).response).flatMap(({ parts }) => parts);
}

const text = (content: string) => ({ type: 'text', content });
const toolCall = { type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } };

describe('A stream that came to its end', () => {
  const story = [
    created,
    inProgress,
    added(0, message()),
    delta(0, 'Par'),
    delta(0, 'is.'),
    done(0, message('Paris.')),
  ];

  it.each<[what: string, last: unknown, expected: Record<string, unknown>, parts: unknown[]]>([
    [
      'completed',
      ended('completed', { output: [message('Paris.')], usage }),
      { finishReasons: ['stop'], usage: { inputTokens: 9, outputTokens: 3 } },
      [text('Paris.')],
    ],
    [
      'incomplete',
      ended('incomplete', {
        incomplete_details: { reason: 'max_output_tokens' },
        output: [message('Par')],
        usage,
      }),
      { finishReasons: ['length'], usage: { inputTokens: 9, outputTokens: 3 } },
      [text('Par')],
    ],
    [
      'failed',
      ended('failed', { error: { code: 'server_error', message: 'Oops' } }),
      {
        finishReasons: ['error'],
        failure: { type: 'server_error', message: 'Oops', plainMessage: 'the response failed' },
      },
      // Its last event has no output: the text that came before.
      [text('Paris.')],
    ],
  ])('is the response of its last event: %s', (_what, last, expected, parts) => {
    const { complete, response } = accumulate([...story, last]);
    expect(complete).toBe(true);
    expect(readResponsesResponse(response)).toEqual({
      id: 'resp_1',
      model: 'gpt-5-mini-2025',
      serviceTier: 'default',
      ...expected,
    });
    expect(partsOf([...story, last])).toStrictEqual(parts);
  });

  it('ignores events after its end', () => {
    const last = ended('completed', { output: [message('Paris.')], usage });
    const events = [...story, last, created, delta(0, ' No.'), done(1, functionCall), ended('failed', {})];
    expect(partsOf(events)).toStrictEqual([text('Paris.')]);
    expect(readResponsesResponse(accumulate(events).response)?.finishReasons).toEqual(['stop']);
  });

  it('is the same response if no content was kept', () => {
    const last = ended('completed', { output: [message('Paris.')], usage });
    expect(accumulate([...story, last], false).response).toStrictEqual(accumulate([...story, last]).response);
  });
});

describe('A stream that broke off', () => {
  it.each<[what: string, events: unknown[], parts: unknown[]]>([
    ['before anything was said', [created, inProgress], []],
    ['when an item had only been announced', [created, added(0, message())], []],
    ['within a text', [created, added(0, message()), delta(0, 'Par'), delta(0, 'is')], [text('Paris')]],
    ['after a whole item', [created, delta(0, 'Par'), done(0, message('Paris.'))], [text('Paris.')]],
    [
      'within the second item',
      [created, done(0, functionCall), delta(1, 'Let me'), delta(1, ' see')],
      [toolCall, text('Let me see')],
    ],
    [
      'with items that were done in the wrong order',
      [created, delta(2, 'c'), done(1, functionCall), done(0, message('a'))],
      [text('a'), toolCall, text('c')],
    ],
    [
      'with texts of two items that take turns',
      [created, delta(1, 'b1'), delta(0, 'a1'), delta(1, 'b2'), delta(0, 'a2')],
      [text('a1a2'), text('b1b2')],
    ],
    [
      'with an item that came twice: the newer one',
      [created, done(0, message('a')), done(0, message('b'))],
      [text('b')],
    ],
    [
      'within a refusal',
      [created, added(0, message()), refusal(0, 'I can'), refusal(0, "'t")],
      [text("I can't")],
    ],
    [
      'within a refusal after a text',
      [created, delta(0, 'Well. ', 0), refusal(0, 'No', 1), delta(0, 'But ', 0)],
      [text('Well. But '), text('No')],
    ],
    [
      'within the second summary of its reasoning',
      [
        created,
        added(0, { type: 'reasoning', id: 'rs_1', summary: [] }),
        textDelta('reasoning_summary_text', 0, 'First', { summary_index: 0 }),
        textDelta('reasoning_summary_text', 0, 'Sec', { summary_index: 1 }),
      ],
      [
        { type: 'reasoning', content: 'First' },
        { type: 'reasoning', content: 'Sec' },
      ],
    ],
    [
      'within its reasoning',
      [
        created,
        textDelta('reasoning_text', 0, 'Let ', { content_index: 0 }),
        textDelta('reasoning_text', 0, 'me see', { content_index: 0 }),
      ],
      [{ type: 'reasoning', content: 'Let me see' }],
    ],
    [
      'when a tool call had only been announced',
      [created, added(0, { ...functionCall, arguments: '' })],
      [{ ...toolCall, arguments: '' }],
    ],
    [
      "within a tool call's arguments",
      [
        created,
        added(0, { ...functionCall, arguments: '' }),
        textDelta('function_call_arguments', 0, '{"ci'),
        textDelta('function_call_arguments', 0, 'ty":'),
      ],
      [{ ...toolCall, arguments: '{"city":' }],
    ],
    [
      "after a tool call's arguments, which came whole in the end",
      [
        created,
        added(0, { ...functionCall, arguments: '' }),
        textDelta('function_call_arguments', 0, '{"city":'),
        { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"city":"Paris"}' },
      ],
      [toolCall],
    ],
    [
      'with tool calls that take turns',
      [
        created,
        added(0, { ...functionCall, arguments: '' }),
        added(1, { ...functionCall, call_id: 'call_2', arguments: '' }),
        textDelta('function_call_arguments', 1, '2'),
        textDelta('function_call_arguments', 0, '1'),
      ],
      [
        { ...toolCall, arguments: 1 },
        { ...toolCall, id: 'call_2', arguments: 2 },
      ],
    ],
    [
      'within the input of a custom tool',
      [
        created,
        added(0, { type: 'custom_tool_call', call_id: 'call_1', name: 'sql', input: '' }),
        textDelta('custom_tool_call_input', 0, 'SELECT '),
        textDelta('custom_tool_call_input', 0, '1'),
      ],
      [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: 'SELECT 1' }],
    ],
    [
      'with a piece after the whole, which is not added',
      [created, done(0, message('Paris.')), delta(0, ' No.'), added(0, message())],
      [text('Paris.')],
    ],
    [
      'with events of which this reader knows nothing',
      [created, { type: 'response.dream', output_index: 0, delta: 'x' }],
      [],
    ],
  ])('%s', (_what, events, parts) => {
    expect(partsOf(events)).toStrictEqual(parts);
    expect(accumulate(events).complete).toBe(false);
  });

  it('has the id and model of its first events, and no finish reason', () => {
    const { response } = accumulate([created, delta(0, 'Par')]);
    expect(readResponsesResponse(response)).toEqual({
      id: 'resp_1',
      model: 'gpt-5-mini-2025',
      serviceTier: 'auto',
    });
  });

  it('has the newest snapshot', () => {
    const queued = { type: 'response.queued', response: { ...begun('queued'), id: 'resp_0' } };
    expect(readResponsesResponse(accumulate([queued, inProgress]).response)?.id).toBe('resp_1');
  });

  it('can be read before its end', () => {
    const accumulator = accumulate([created, delta(0, 'a')]);
    const early = accumulator.response;
    accumulator.add(delta(0, 'b'));
    expect(responsesOutputMessages(early)).toStrictEqual([{ role: 'assistant', parts: [text('a')] }]);
    expect(responsesOutputMessages(accumulator.response)).toStrictEqual([
      { role: 'assistant', parts: [text('ab')] },
    ]);
  });
});

describe('Items that have arrived in part', () => {
  it.each<[what: string, events: unknown[], items: unknown[]]>([
    [
      'a hosted tool: its arguments as far as they came',
      [
        added(0, { type: 'mcp_call', id: 'mcp_1', name: 'roll', server_label: 'dice', arguments: '' }),
        textDelta('mcp_call_arguments', 0, '{"sides"'),
      ],
      [
        {
          type: 'mcp_call',
          id: 'mcp_1',
          name: 'roll',
          server_label: 'dice',
          arguments: '{"sides"',
          status: 'incomplete',
        },
      ],
    ],
    [
      'the code of an interpreter, without its announcement',
      [textDelta('code_interpreter_call_code', 0, 'print(')],
      [{ type: 'code_interpreter_call', code: 'print(', status: 'incomplete' }],
    ],
    [
      'a message, without its announcement',
      [refusal(0, 'No', 1), delta(0, 'Well. ', 0)],
      [
        {
          type: 'message',
          role: 'assistant',
          status: 'incomplete',
          content: [
            { type: 'output_text', text: 'Well. ' },
            { type: 'refusal', refusal: 'No' },
          ],
        },
      ],
    ],
    [
      'an announced item, as it was announced',
      [added(0, { type: 'web_search_call', id: 'ws_1', status: 'in_progress' })],
      [{ type: 'web_search_call', id: 'ws_1', status: 'in_progress' }],
    ],
    [
      'an item of which nothing is said',
      [{ type: 'response.web_search_call.searching', output_index: 0 }],
      [],
    ],
  ])('%s', (_what, events, items) => {
    expect(accumulate([created, ...events]).response).toStrictEqual({ ...begun(), output: items });
  });
});

describe('A resumed stream', () => {
  const events = [delta(0, 'is.'), done(0, message('Paris.')), delta(1, 'In ')];

  it('is in progress until its end', () => {
    const { response, complete } = accumulate(events);
    expect(response).toStrictEqual({
      status: 'in_progress',
      output: [
        message('Paris.'),
        {
          type: 'message',
          role: 'assistant',
          status: 'incomplete',
          content: [{ type: 'output_text', text: 'In ' }],
        },
      ],
    });
    expect(complete).toBe(false);
  });

  it('is in progress even if no content is kept, and has the types of its items', () => {
    expect(accumulate(events, false).response).toEqual({
      status: 'in_progress',
      output: [{ type: 'message' }],
    });
  });

  it('is the response of its last event', () => {
    const last = ended('completed', { output: [message('Paris.')], usage });
    const { response, complete } = accumulate([...events, last]);
    expect(response).toStrictEqual(last.response);
    expect(complete).toBe(true);
  });

  it('has no response before its first event', () => {
    expect(accumulate([]).response).toBeUndefined();
    expect(accumulate([{ type: 'keepalive' }]).response).toBeUndefined();
  });
});

describe('without content', () => {
  it('no items are kept before the end', () => {
    const events = [
      created,
      delta(0, 'secret'),
      done(1, message('secret')),
      added(2, { type: 'function_call', name: 'secret' }),
      textDelta('function_call_arguments', 2, 'secret'),
    ];
    expect(JSON.stringify(accumulate(events, false).response)).not.toContain('secret');
    // The same events do hold it, or the line above would prove nothing.
    expect(JSON.stringify(accumulate(events).response)).toContain('secret');
  });

  it('id, model and end are known', () => {
    expect(readResponsesResponse(accumulate([created], false).response)?.id).toBe('resp_1');
    expect(accumulate([created, ended('completed', {})], false).complete).toBe(true);
  });
});

describe('An invalid value', () => {
  it.each<[what: string, event: unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'response.completed'],
    ['a number', 5],
    ['a list', [delta(0, 'x')]],
    ['a function', () => delta(0, 'x')],
    ['an empty object', {}],
    ['an end without a response', { type: 'response.completed' }],
    ['an end whose response is a text', { type: 'response.completed', response: 'Paris.' }],
    ['an end whose response is a list', { type: 'response.failed', response: [] }],
    ['a text without an index', delta(undefined, 'x')],
    ['an index that is a text', delta('0', 'x')],
    ['an index that is a fraction', delta(0.5, 'x')],
    ['an index that is none', delta(Number.NaN, 'x')],
    ['a piece that is no text', delta(0, 5)],
    ['a piece that is null', delta(0, null)],
    ['an item without an index', done(undefined, message('x'))],
    ['an announcement that is null', added(1, null)],
    ['a whole text that is none', { type: 'response.output_text.done', output_index: 0, text: 5 }],
    ['an item that is null', done(0, null)],
    ['an item that is a text', done(1, 'x')],
    ['an item far beyond any response that is none', done(1e9, undefined)],
  ])('in place of an event does no harm: %s', (_what, nonsense) => {
    const events = [created, delta(0, 'a'), nonsense, delta(0, 'b')];
    expect(partsOf(events)).toStrictEqual([text('ab')]);
    expect(accumulate(events).complete).toBe(false);
  });

  it('for an index keeps the items in order, without allocating the gaps', () => {
    expect(partsOf([created, delta(1e9, 'z'), delta(0, 'b'), delta(-1, 'a')])).toStrictEqual([
      text('a'),
      text('b'),
      text('z'),
    ]);
  });
});

describe('An error that the client passes on as an event', () => {
  it.each<[event: object, failure: object]>([
    [
      { type: 'error', code: 'server_error', message: 'No luck', param: null },
      { type: 'server_error', message: 'No luck', plainMessage: 'the stream reported an error' },
    ],
    [
      { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Key sk-1234567890' } },
      {
        type: 'rate_limit_exceeded',
        message: 'Key sk-[REDACTED]',
        plainMessage: 'the stream reported an error',
      },
    ],
    [
      { type: 'error' },
      {
        type: '_OTHER',
        message: 'the stream reported an error',
        plainMessage: 'the stream reported an error',
      },
    ],
  ])('%o', (event, failure) => {
    const chunks = new ResponsesChunks(true);
    chunks.add(event);
    expect(chunks.failure).toEqual(failure);
    expect(chunks.complete).toBe(false);
  });
});
