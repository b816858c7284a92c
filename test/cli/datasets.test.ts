// agent-events convert --to openai-evals and chat-jsonl: model calls as examples for evaluations and fine-tuning.
import * as agents from '@openai/agents';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { eventLine, runCommand } from './run-command.js';

// The formats, written from the public reference of the API: platform.openai.com/docs/api-reference/fine-tuning/chat-input
// and .../evals/createRun (`source.content[]`: `item` and `sample`).
const ToolCalls = z.array(
  z.strictObject({
    id: z.string().min(1),
    type: z.literal('function'),
    function: z.strictObject({
      name: z.string().min(1),
      // A JSON text, as the API has it.
      arguments: z.string().refine((text) => JSON.parse(text) !== undefined),
    }),
  }),
);
const Content = z.union([
  z.string(),
  z.array(
    z.union([
      z.strictObject({ type: z.literal('text'), text: z.string() }),
      z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string() }) }),
      z.strictObject({ type: z.literal('file'), file: z.strictObject({ file_id: z.string() }) }),
    ]),
  ),
]);
const Assistant = z.strictObject({
  role: z.literal('assistant'),
  content: z.string().optional(),
  tool_calls: ToolCalls.min(1).optional(),
});
const Message = z.union([
  z.strictObject({ role: z.enum(['system', 'user']), content: Content, name: z.string().optional() }),
  z.strictObject({ role: z.literal('tool'), content: z.string(), tool_call_id: z.string() }),
  Assistant,
]);
const Tools = z.array(
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: z.string(),
      description: z.string().optional(),
      parameters: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
);
const ChatLine = z.strictObject({
  messages: z
    .array(Message)
    .min(2)
    .refine((messages) => messages.at(-1)?.role === 'assistant'),
  tools: Tools.min(1).optional(),
});
const EvalsLine = z.strictObject({
  item: z.strictObject({
    input: z
      .array(z.union([Message, z.strictObject({ role: z.literal('developer'), content: Content })]))
      .min(1),
    ideal: z.string(),
    ideal_tools: ToolCalls.optional(),
    tools: Tools.optional(),
    model: z.string(),
    agent: z.string().optional(),
    event_id: z.string(),
    session_id: z.string(),
    trace_id: z.string(),
    timestamp: z.string(),
  }),
  sample: z.strictObject({
    model: z.string(),
    choices: z
      .array(
        z.strictObject({
          index: z.number(),
          message: Assistant.extend({ content: z.string().nullable() }),
          finish_reason: z.string(),
        }),
      )
      .min(1),
    output_text: z.string(),
    output_tools: ToolCalls.optional(),
  }),
});

async function converted(to: string, stdin: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await runCommand(['convert', '--to', to, ...flags], { stdin });
  expect(exitCode).toBe(0);
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const schema = to === 'chat-jsonl' ? ChatLine : EvalsLine;
  for (const line of lines) schema.parse(line);
  return { lines, stderr };
}

interface Call {
  readonly span?: number;
  readonly request?: Record<string, unknown>;
  readonly response?: Record<string, unknown>;
  readonly start?: Record<string, unknown>;
  readonly end?: Record<string, unknown>;
}

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const called = (id: string, name = 'look_up', args: unknown = { id: 1 }) => ({
  type: 'tool_call',
  id,
  name,
  arguments: args,
});
const answered = (id: string, response: unknown = 'found') => ({
  role: 'tool',
  content: [{ type: 'tool_call_response', id, response }],
});

/** The two lines of a model call. */
function call({ span = 1, request, response, start, end }: Call): string {
  const members = { span_id: String(span).padStart(16, '0'), agent_name: 'Clerk' };
  return (
    eventLine({
      ...members,
      event_id: `start-${span}`,
      type: 'EVENT_TYPE_MODEL_INVOCATION_START',
      llm_invocation: {
        model: 'm',
        request: { operation: 'chat', model: 'm', messages: [user('question')], ...request },
      },
      ...start,
    }) +
    eventLine({
      ...members,
      event_id: `end-${span}`,
      type: 'EVENT_TYPE_MODEL_INVOCATION_END',
      status: 'EVENT_STATUS_COMPLETED',
      llm_invocation: {
        model: 'm',
        response: { finish_reasons: ['stop'], messages: [assistant('answer')], ...response },
      },
      ...end,
    })
  );
}

describe('A call', () => {
  test.each<[string, Call, unknown[]]>([
    [
      'with instructions begins with a system message',
      { request: { system_instructions: [{ type: 'text', content: 'Be brief.' }] } },
      [{ role: 'system', content: 'Be brief.' }, user('question'), assistant('answer')],
    ],
    [
      'of the Responses API has its calls in one message, with their results after it',
      {
        request: {
          messages: [
            user('question'),
            assistant([{ type: 'reasoning', content: 'I look it up.' }]),
            assistant([called('a')]),
            assistant([called('b', 'look_up', '{"id":2}')]),
            answered('a', { rows: 1 }),
            answered('b'),
          ],
        },
      },
      [
        user('question'),
        {
          role: 'assistant',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'look_up', arguments: '{"id":1}' } },
            { id: 'b', type: 'function', function: { name: 'look_up', arguments: '{"id":2}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: '{"rows":1}' },
        { role: 'tool', tool_call_id: 'b', content: 'found' },
        assistant('answer'),
      ],
    ],
    [
      'that answers with text and calls has both in one message',
      { response: { messages: [assistant([{ type: 'text', content: 'One moment.' }, called('a')])] } },
      [
        user('question'),
        {
          role: 'assistant',
          content: 'One moment.',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'look_up', arguments: '{"id":1}' } }],
        },
      ],
    ],
    [
      'with an image by address and a file has them as parts',
      {
        request: {
          messages: [
            user([
              { type: 'text', content: 'This?' },
              { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
              { type: 'file', modality: 'document', file_id: 'file_1' },
            ]),
          ],
        },
      },
      [
        user([
          { type: 'text', text: 'This?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { file_id: 'file_1' } },
        ]),
        assistant('answer'),
      ],
    ],
    [
      'with a developer message has it as a system message, which the format knows',
      { request: { messages: [{ role: 'developer', content: 'Be brief.' }, user('question')] } },
      [{ role: 'system', content: 'Be brief.' }, user('question'), assistant('answer')],
    ],
    [
      'with several answers has the first one',
      { response: { finish_reasons: ['stop', 'stop'], messages: [assistant('one'), assistant('two')] } },
      [user('question'), assistant('one')],
    ],
  ])('%s', async (_, given, messages) => {
    expect(await converted('chat-jsonl', call(given))).toEqual({ lines: [{ messages }], stderr: '' });
    await converted('openai-evals', call(given));
  });

  test('has the functions among its tools', async () => {
    const tools = [
      { type: 'function', name: 'look_up', description: 'Looks up.', parameters: { type: 'object' } },
      { type: 'web_search', name: 'web_search' },
    ];
    const { lines } = await converted('chat-jsonl', call({ request: { tools } }));
    expect(lines[0].tools).toEqual([
      {
        type: 'function',
        function: { name: 'look_up', description: 'Looks up.', parameters: { type: 'object' } },
      },
    ]);
  });

  test('is an item and a sample for the Evals API', async () => {
    const given = call({
      response: {
        model: 'm-1',
        finish_reasons: ['tool_calls', 'stop'],
        messages: [assistant([called('a')]), assistant('two')],
      },
    });
    const toolCalls = [{ id: 'a', type: 'function', function: { name: 'look_up', arguments: '{"id":1}' } }];
    expect((await converted('openai-evals', given)).lines).toEqual([
      {
        item: {
          input: [user('question')],
          ideal: '',
          ideal_tools: toolCalls,
          model: 'm-1',
          agent: 'Clerk',
          event_id: 'end-1',
          session_id: 's1',
          trace_id: '22222222222222222222222222222222',
          timestamp: '2026-03-14T09:26:53.000Z',
        },
        sample: {
          model: 'm-1',
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: null, tool_calls: toolCalls },
              finish_reason: 'tool_calls',
            },
            { index: 1, message: { role: 'assistant', content: 'two' }, finish_reason: 'stop' },
          ],
          output_text: '',
          output_tools: toolCalls,
        },
      },
    ]);
  });
});

describe('A call is left out and counted', () => {
  const failed = { end: { status: 'EVENT_STATUS_FAILED' } };
  const media = { type: 'blob', modality: 'image', mime_type: 'image/png', sha256: 'x' };
  test.each<[string, string]>([
    ['failed', call(failed)],
    ['cancelled', call({ end: { status: 'EVENT_STATUS_CANCELLED' } })],
    ['not ended', call({}).split(/(?<=\n)/)[0] ?? ''],
    ['without a START', call({}).split(/(?<=\n)/)[1] ?? ''],
    ['of operation embeddings', call({ request: { operation: 'embeddings' } })],
    ['of a realtime session', call({ request: { model: 'gpt-realtime' } })],
    ['without content', call({ request: { messages: undefined } })],
    ['without content', call({ response: { messages: undefined } })],
    ['without content', call({ response: { messages: [] } })],
    [
      'with redacted content',
      call({ start: { redaction: { fields: ['llm_invocation.request.messages[0].content'] } } }),
    ],
    ['with redacted content', call({ end: { redaction: { fields: ['llm_invocation.response'] } } })],
    ['whose earlier messages the provider keeps', call({ request: { 'previous_response.id': 'resp_1' } })],
    [
      'whose earlier messages the provider keeps',
      call({ start: { session_id: 'conv_1' }, end: { session_id: 'conv_1' } }),
    ],
    [
      'whose earlier messages are not in the input',
      call({ start: { metadata: { messages_since: 'start-0' } } }),
    ],
    [
      'whose earlier messages were compacted',
      call({ request: { messages: [assistant([{ type: 'compaction' }]), user('question')] } }),
    ],
    ['with media, of which events have only a digest', call({ request: { messages: [user([media])] } })],
    [
      'with media, of which events have only a digest',
      call({
        request: { messages: [user([{ type: 'uri', modality: 'video', uri: 'https://example.com' }])] },
      }),
    ],
    [
      'with tools that are not functions',
      call({ response: { messages: [assistant([{ type: 'server_tool_call', name: 'web_search' }])] } }),
    ],
    [
      'with tools that are not functions',
      call({
        request: { tools: [{ type: 'computer', name: 'computer' }] },
        response: { messages: [assistant([called('a', 'computer')])] },
      }),
    ],
    [
      'with tool calls that have no id',
      call({ response: { messages: [assistant([{ type: 'tool_call', name: 'look_up' }])] } }),
    ],
    [
      'with tool calls without a result',
      call({ request: { messages: [assistant([called('a')]), user('and?')] } }),
    ],
    ['with tool results without a call', call({ request: { messages: [answered('a')] } })],
  ])('%s', async (reason, input) => {
    for (const to of ['chat-jsonl', 'openai-evals']) {
      expect(await converted(to, input)).toEqual({
        lines: [],
        stderr: `agent-events: 1 model call left out: 1 ${reason}\n`,
      });
    }
  });

  test.each(['length', 'content_filter'])(
    'if its answer was cut (%s) and it is for training',
    async (reason) => {
      const cut = call({ response: { finish_reasons: [reason] } });
      expect((await converted('chat-jsonl', cut)).stderr).toBe(
        'agent-events: 1 model call left out: 1 whose answer was cut\n',
      );
      expect((await converted('openai-evals', cut)).lines[0].sample.choices[0].finish_reason).toBe(reason);
    },
  );

  test('by reason, the most frequent first', async () => {
    const input =
      call({ ...failed, span: 1 }) +
      call({ ...failed, span: 2 }) +
      call({ request: { operation: 'embeddings' }, span: 3 });
    expect((await converted('chat-jsonl', input)).stderr).toBe(
      'agent-events: 3 model calls left out: 2 failed, 1 of operation embeddings\n',
    );
  });

  test('unless --keep-redacted is given', async () => {
    const redacted = call({
      start: { redaction: { fields: ['llm_invocation.request.messages[0].content'] } },
    });
    expect((await converted('chat-jsonl', redacted, '--keep-redacted')).lines).toHaveLength(1);
    // Redaction outside of the conversation does not matter.
    const elsewhere = call({ start: { redaction: { fields: ['metadata.host'] } } });
    expect((await converted('chat-jsonl', elsewhere)).lines).toHaveLength(1);
  });
});

describe('Messages of earlier calls', () => {
  const first = call({ span: 1, request: { messages: [user('one')] } });
  const second = (more: Call = {}) =>
    call({
      span: 2,
      request: { messages: [assistant('answer'), user('two')] },
      start: { metadata: { messages_since: 'start-1' } },
      ...more,
    });

  test('are put before those of a later one', async () => {
    const { lines } = await converted('chat-jsonl', first + second());
    expect(lines[1]).toEqual({
      messages: [user('one'), assistant('answer'), user('two'), assistant('answer')],
    });
  });

  test('are known also if a filter leaves their call out', async () => {
    const late = { timestamp: '2026-03-14T10:00:00Z' };
    const input = first + second({ end: late });
    const { lines } = await converted('chat-jsonl', input, '--since', '2026-03-14T09:30');
    expect(lines.map(({ messages }) => messages.length)).toEqual([4]);
  });

  test('that were redacted count for the later ones as well', async () => {
    const redacted = call({
      span: 1,
      request: { messages: [user('***')] },
      start: { redaction: { fields: ['llm_invocation.request.messages[0].content'] } },
    });
    expect((await converted('chat-jsonl', redacted + second())).stderr).toBe(
      'agent-events: 2 model calls left out: 2 with redacted content\n',
    );
  });
});

describe('A real run', () => {
  let harness: Harness;
  let input = '';
  beforeAll(async () => {
    harness = await startHarness({
      scenarios: [
        {
          id: 'works',
          steps: [
            { when: { toolResultCount: 2 }, reply: { text: 'It is 12.' } },
            { when: { toolResultCount: 1 }, reply: { toolCalls: [{ name: 'double', arguments: { x: 6 } }] } },
            { reply: { toolCalls: [{ name: 'double', arguments: { x: 3 } }] } },
          ],
        },
      ],
    });
    const double = agents.tool({
      name: 'double',
      description: 'Doubles a number.',
      parameters: z.object({ x: z.number() }),
      execute: ({ x }) => 2 * x,
    });
    const agent = new agents.Agent({ name: 'Clerk', model: 'works', instructions: 'Work.', tools: [double] });
    await agents.run(agent, 'Three, doubled twice?');
    await harness.client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    input = (await harness.events()).map((event) => `${JSON.stringify(event)}\n`).join('');
  });
  afterAll(() => harness.stop());

  test('has a line for each model call, with the whole conversation', async () => {
    const { lines, stderr } = await converted('chat-jsonl', input);
    expect(lines.map(({ messages }) => messages.map(({ role }: { role: string }) => role).join(' '))).toEqual(
      [
        'system user assistant',
        'system user assistant tool assistant',
        'system user assistant tool assistant tool assistant',
      ],
    );
    expect(lines[2].messages.at(-1)).toEqual(assistant('It is 12.'));
    expect(stderr).toBe('agent-events: 1 model call left out: 1 of operation embeddings\n');
    expect((await converted('openai-evals', input)).lines).toHaveLength(3);
  });

  test('--tool keeps the calls that call this tool', async () => {
    expect((await converted('openai-evals', input, '--tool', 'double')).lines).toHaveLength(2);
    expect((await converted('openai-evals', input, '--tool', 'triple')).lines).toHaveLength(0);
  });
});
