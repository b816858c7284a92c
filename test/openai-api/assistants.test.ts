import { describe, expect, it } from 'vitest';
import { assistants } from '../../src/openai-api/assistants.js';
import { requestView } from '../../src/openai-api/client-operation.js';

function row(method: string) {
  const found = assistants.find((operation) => operation.method === method);
  if (found === undefined) throw new Error(`no row for ${method}`);
  return found;
}
const create = row('create');

describe('The arguments of a run', () => {
  const options = { maxRetries: 1 };
  it.each<[method: string, args: unknown[], request: object]>([
    ['create', ['thread_1', { assistant_id: 'asst_1' }], { assistant_id: 'asst_1', thread_id: 'thread_1' }],
    ['createAndPoll', ['thread_1', { model: 'gpt-5' }], { model: 'gpt-5', thread_id: 'thread_1' }],
    [
      'submitToolOutputs',
      ['run_1', { thread_id: 'thread_1', tool_outputs: [] }],
      { thread_id: 'thread_1', tool_outputs: [], run_id: 'run_1' },
    ],
    ['submitToolOutputsAndPoll', ['run_1', { thread_id: 't' }], { thread_id: 't', run_id: 'run_1' }],
    ['createAndRun', [{ assistant_id: 'asst_1' }], { assistant_id: 'asst_1' }],
    ['createAndRunPoll', [{ assistant_id: 'asst_1' }], { assistant_id: 'asst_1' }],
  ])('are read for %s', (method, args, request) => {
    const read = row(method).readArguments([...args, options]);
    expect({ request: requestView(read), options: read.options }).toEqual({ request, options });
  });
});

it('Each polling helper names the method that it calls', () => {
  const helpers = assistants.filter(({ pollingHelperOf }) => pollingHelperOf !== undefined);
  expect(helpers.map(({ method, pollingHelperOf }) => [method, pollingHelperOf])).toEqual([
    ['createAndPoll', 'create'],
    ['submitToolOutputsAndPoll', 'submitToolOutputs'],
    ['createAndRunPoll', 'createAndRun'],
  ]);
  for (const { resource, pollingHelperOf } of helpers) {
    expect(row(pollingHelperOf ?? '').resource).toEqual(resource);
  }
});

describe('A request for a run', () => {
  it('has its parameters as attributes', () => {
    const request = {
      assistant_id: 'asst_1',
      thread_id: 'thread_1',
      model: 'gpt-5',
      stream: true,
      max_completion_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      reasoning_effort: 'low',
      response_format: { type: 'json_object' },
    };
    expect(create.requestAttributes(request)).toEqual({
      'gen_ai.agent.id': 'asst_1',
      'gen_ai.conversation.id': 'thread_1',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.request.stream': true,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.output.type': 'json',
    });
    expect(create.requestAttributes({ stream: null, response_format: 'auto', model: null })).toEqual({});
  });

  it.each<[what: string, request: Record<string, unknown>, messages: object[]]>([
    [
      'added messages',
      { additional_messages: [{ role: 'user', content: 'Hi' }] },
      [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
    ],
    [
      'messages of a new thread',
      {
        thread: {
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: 'What is it?' },
                { type: 'image_file', image_file: { file_id: 'file-1' } },
                { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
                { type: 'video', id: 5 },
              ],
              attachments: [{ file_id: 'file-2', tools: [{ type: 'file_search' }] }],
            },
          ],
        },
      },
      [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'What is it?' },
            { type: 'file', modality: 'image', file_id: 'file-1' },
            { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
            { type: 'video', id: 5 },
            { type: 'file', modality: 'document', file_id: 'file-2' },
          ],
        },
      ],
    ],
    [
      'outputs of tools',
      { tool_outputs: [{ tool_call_id: 'call_1', output: '{"total":5}' }, { output: 'sunny' }] },
      [
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: { total: 5 } }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', response: 'sunny' }] },
      ],
    ],
    ['nothing', { additional_messages: 'Hi', tool_outputs: [5], thread: [] }, []],
  ])('contains %s', (_what, request, messages) => {
    expect(create.requestDetails?.(request)).toEqual({ messages });
  });

  it('contains its instructions and tools', () => {
    const request = {
      instructions: 'Be short.',
      additional_instructions: 'Be kind.',
      tools: [{ type: 'file_search' }, { type: 'function', function: { name: 'lookup', parameters: {} } }],
    };
    expect(create.requestDetails?.(request)).toEqual({
      messages: [],
      systemInstructions: [
        { type: 'text', content: 'Be short.' },
        { type: 'text', content: 'Be kind.' },
      ],
      toolDefinitions: [
        { type: 'file_search', name: 'file_search' },
        { type: 'function', name: 'lookup', parameters: {} },
      ],
    });
  });
});

const run = {
  id: 'run_1',
  object: 'thread.run',
  assistant_id: 'asst_1',
  thread_id: 'thread_1',
  model: 'gpt-5-2025-08-07',
  usage: null,
};
const identity = {
  id: 'run_1',
  model: 'gpt-5-2025-08-07',
  attributes: { 'gen_ai.agent.id': 'asst_1', 'gen_ai.conversation.id': 'thread_1' },
};
const usage = { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 };

describe('A run', () => {
  it.each<[status: string, more: object, expected: object]>([
    ['queued', {}, {}],
    ['in_progress', {}, {}],
    ['requires_action', {}, { finishReasons: ['tool_calls'] }],
    ['completed', { usage }, { finishReasons: ['stop'], usage: { inputTokens: 40, outputTokens: 12 } }],
    [
      'incomplete',
      { incomplete_details: { reason: 'max_completion_tokens' } },
      { finishReasons: ['length'] },
    ],
    [
      'incomplete',
      { incomplete_details: { reason: 'content_filter' } },
      { finishReasons: ['content_filter'] },
    ],
    ['cancelled', {}, { finishReasons: ['error'] }],
    [
      'failed',
      { last_error: { code: 'rate_limit_exceeded', message: 'Too many.' } },
      {
        finishReasons: ['error'],
        failure: { type: 'rate_limit_exceeded', message: 'Too many.', plainMessage: 'the run failed' },
      },
    ],
    [
      'expired',
      {},
      {
        finishReasons: ['error'],
        failure: { type: 'expired', message: 'the run expired', plainMessage: 'the run expired' },
      },
    ],
  ])('that is %s with %j has its finish reason, tokens and failure', (status, more, expected) => {
    expect(create.readResponse({ ...run, status, ...more }, {})).toEqual({ ...identity, ...expected });
  });

  it.each([null, undefined, 'run_1', [run], {}, run, { status: 'queued' }])('is not %j', (value) => {
    expect(create.readResponse(value, {})).toBeUndefined();
    expect(create.outputMessages?.(value)).toEqual([]);
  });

  it('that waits for tools has their calls as output', () => {
    const tool_calls = [
      { id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '{"a":1}' } },
    ];
    const required_action = { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls } };
    expect(create.outputMessages?.({ ...run, status: 'requires_action', required_action })).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'lookup', arguments: { a: 1 } }],
      },
    ]);
  });
});

describe('A streamed run', () => {
  const delta = (id: string, index: number, value: string) => ({
    event: 'thread.message.delta',
    data: { id, delta: { content: [{ index, type: 'text', text: { value } }] } },
  });
  const events = [
    { event: 'thread.run.created', data: { ...run, status: 'queued' } },
    {
      event: 'thread.run.step.created',
      data: { id: 'step_1', object: 'thread.run.step', status: 'in_progress' },
    },
    delta('msg_1', 0, 'One '),
    delta('msg_1', 1, 'Two'),
    delta('msg_1', 0, 'more.'),
    {
      event: 'thread.message.delta',
      data: {
        id: 'msg_2',
        delta: { content: [{ index: 0, type: 'image_file', image_file: { file_id: 'file-1' } }] },
      },
    },
  ];
  const end = { event: 'thread.run.completed', data: { ...run, status: 'completed', usage } };

  function assembled(chunks: readonly unknown[], keepContent = true) {
    const accumulator = create.accumulateChunks?.(keepContent);
    for (const chunk of chunks) accumulator?.add(chunk);
    return {
      complete: accumulator?.complete,
      response: create.readResponse(accumulator?.response, {}),
      messages: create.outputMessages?.(accumulator?.response),
    };
  }

  const parts = [
    { type: 'text', content: 'One more.' },
    { type: 'text', content: 'Two' },
    { type: 'file', modality: 'image', file_id: 'file-1' },
  ];

  it('is the run of its last event with the messages of all events', () => {
    expect(assembled([...events, end])).toEqual({
      complete: true,
      response: { ...identity, finishReasons: ['stop'], usage: { inputTokens: 40, outputTokens: 12 } },
      messages: [{ role: 'assistant', parts }],
    });
  });

  it('that broke off has the messages that had arrived, and no finish reason', () => {
    expect(assembled(events)).toEqual({
      complete: false,
      response: identity,
      messages: [{ role: 'assistant', parts }],
    });
  });

  it('keeps no messages without content', () => {
    expect(assembled([...events, end], false)).toMatchObject({ complete: true, messages: [] });
  });

  it.each([null, 5, 'thread.run.completed', {}, { event: 'thread.run.completed' }, { data: run }])(
    'is not harmed by %j',
    (chunk) => {
      expect(assembled([chunk]).complete).toBe(false);
    },
  );
});
