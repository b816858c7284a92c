import { describe, expect, it } from 'vitest';
import { ChatChunks } from '../../../src/openai-api/chat-completions/chunks.js';
import { chatOutputMessages } from '../../../src/openai-api/chat-completions/messages.js';
import { readChatResponse } from '../../../src/openai-api/chat-completions/response.js';
import { blob } from '../../harness/blob.js';

/** A chunk as the API sends it, with one part of one choice. */
function chunk(delta: unknown, { index = 0, finish = null }: { index?: unknown; finish?: unknown } = {}) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-5-mini-2025',
    system_fingerprint: 'fp_1',
    choices: [{ index, delta, finish_reason: finish }],
    usage: null,
  };
}

const end = (finish: string, index = 0) => chunk({}, { index, finish });
const say = (content: string, index = 0) => chunk({ content }, { index });
const call = (index: unknown, part: Record<string, unknown>, choice = 0) =>
  chunk({ tool_calls: [{ index, ...part }] }, { index: choice });
const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

function accumulate(chunks: readonly unknown[], keepContent = true): ChatChunks {
  const accumulator = new ChatChunks(keepContent);
  for (const each of chunks) accumulator.add(each);
  return accumulator;
}

/** The parts of each choice's message. */
function partsOf(chunks: readonly unknown[]): unknown[] {
  return chatOutputMessages(accumulate(chunks).response).map(({ parts }) => parts);
}

const text = (content: string) => ({ type: 'text', content });

describe('The message of the chunks', () => {
  it.each<[what: string, chunks: unknown[], parts: unknown[]]>([
    ['nothing', [], []],
    [
      'text in pieces',
      [chunk({ role: 'assistant', content: '' }), say('Par'), say('is'), say('.'), end('stop')],
      [[text('Paris.')]],
    ],
    ['text that was cut off', [say('Par'), say('is')], [[text('Paris')]]],
    [
      'a refusal in pieces',
      [chunk({ refusal: 'I can' }), chunk({ refusal: "'t." }), end('stop')],
      [[text("I can't.")]],
    ],
    [
      'a tool call in pieces: name and id first, then its arguments',
      [
        call(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
        call(0, { function: { arguments: '{"city"' } }),
        call(0, { function: { arguments: ':"Paris"}' } }),
        end('tool_calls'),
      ],
      [[{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } }]],
    ],
    [
      'tool calls whose pieces take turns',
      [
        call(0, { id: 'call_a', function: { name: 'a', arguments: '{"n"' } }),
        call(1, { id: 'call_b', function: { name: 'b', arguments: '{"m"' } }),
        call(0, { function: { arguments: ':1}' } }),
        call(1, { function: { arguments: ':2}' } }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: { n: 1 } },
          { type: 'tool_call', id: 'call_b', name: 'b', arguments: { m: 2 } },
        ],
      ],
    ],
    [
      'tool calls that begin in the wrong order',
      [
        call(1, { id: 'call_b', function: { name: 'b', arguments: '{}' } }),
        call(0, { id: 'call_a', function: { name: 'a', arguments: '{}' } }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: {} },
          { type: 'tool_call', id: 'call_b', name: 'b', arguments: {} },
        ],
      ],
    ],
    [
      'two tool calls in one chunk',
      [
        chunk({
          tool_calls: [
            { index: 0, id: 'call_a', function: { name: 'a', arguments: '1' } },
            { index: 1, id: 'call_b', function: { name: 'b', arguments: '2' } },
          ],
        }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: 1 },
          { type: 'tool_call', id: 'call_b', name: 'b', arguments: 2 },
        ],
      ],
    ],
    [
      'whole tool calls without an index, as some compatible servers send them',
      [
        call(undefined, { id: 'call_a', function: { name: 'a', arguments: '1' } }),
        call(undefined, { id: 'call_b', function: { name: 'b', arguments: '2' } }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: 1 },
          { type: 'tool_call', id: 'call_b', name: 'b', arguments: 2 },
        ],
      ],
    ],
    [
      'an id that comes again with every piece',
      [
        call(0, { id: 'call_a', function: { name: 'a', arguments: '[1' } }),
        call(0, { id: 'call_a', function: { arguments: ']' } }),
      ],
      [[{ type: 'tool_call', id: 'call_a', name: 'a', arguments: [1] }]],
    ],
    [
      'a tool call that was cut off: its arguments as far as they came',
      [call(0, { id: 'call_a', function: { name: 'a', arguments: '{"cit' } })],
      [[{ type: 'tool_call', id: 'call_a', name: 'a', arguments: '{"cit' }]],
    ],
    [
      'a call of a custom tool in pieces',
      [
        call(0, { id: 'call_a', type: 'custom', custom: { name: 'sql', input: '' } }),
        call(0, { custom: { input: 'SELECT ' } }),
        call(0, { custom: { input: '1' } }),
      ],
      [[{ type: 'tool_call', id: 'call_a', name: 'sql', arguments: 'SELECT 1' }]],
    ],
    // Sources: NousResearch/hermes-agent#8259, open-webui/computer#224 (Gemini).
    [
      'a name that comes again with every piece',
      [
        call(0, { id: 'call_a', function: { name: 'read', arguments: '' } }),
        call(0, { id: 'call_a', function: { name: 'read', arguments: '{"n"' } }),
        call(0, { function: { name: 'read', arguments: ':1}' } }),
      ],
      [[{ type: 'tool_call', id: 'call_a', name: 'read', arguments: { n: 1 } }]],
    ],
    [
      'a custom tool whose name comes again',
      [
        call(0, { id: 'call_a', custom: { name: 'sql', input: 'SELECT ' } }),
        call(0, { custom: { name: 'sql', input: '1' } }),
      ],
      [[{ type: 'tool_call', id: 'call_a', name: 'sql', arguments: 'SELECT 1' }]],
    ],
    [
      'pieces without an index: those without a name continue the latest call',
      [
        call(undefined, { id: 'call_a', function: { name: 'a', arguments: '{"n"' } }),
        call(undefined, { function: { arguments: ':1}' } }),
        call(undefined, { id: 'call_b', function: { name: 'b', arguments: '{"m"' } }),
        call(undefined, { id: 'call_b', function: { arguments: ':2}' } }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: { n: 1 } },
          { type: 'tool_call', id: 'call_b', name: 'b', arguments: { m: 2 } },
        ],
      ],
    ],
    [
      'whole calls of one function, with neither index nor id',
      [
        chunk({
          tool_calls: [
            { function: { name: 'a', arguments: '{"n":1}' } },
            { id: '', function: { name: 'a', arguments: '{"n":2}' } },
          ],
        }),
      ],
      [
        [
          { type: 'tool_call', name: 'a', arguments: { n: 1 } },
          { type: 'tool_call', name: 'a', arguments: { n: 2 } },
        ],
      ],
    ],
    [
      'a name that comes again with neither index nor id',
      [
        call(undefined, { function: { name: 'a', arguments: '{"n"' } }),
        call(undefined, { function: { name: 'a', arguments: ':1}' } }),
      ],
      [[{ type: 'tool_call', name: 'a', arguments: { n: 1 } }]],
    ],
    [
      'several calls with one index, apart by their ids',
      [
        call(0, { id: 'call_a', function: { name: 'a', arguments: '{"n"' } }),
        call(0, { function: { arguments: ':1}' } }),
        call(0, { id: 'call_b', function: { name: 'a', arguments: '{"n":2' } }),
        call(0, { id: 'call_b', function: { arguments: '}' } }),
      ],
      [
        [
          { type: 'tool_call', id: 'call_a', name: 'a', arguments: { n: 1 } },
          { type: 'tool_call', id: 'call_b', name: 'a', arguments: { n: 2 } },
        ],
      ],
    ],
    [
      'arguments that are an object',
      [call(0, { id: 'call_a', function: { name: 'a', arguments: { n: 1 } } }), end('tool_calls')],
      [[{ type: 'tool_call', id: 'call_a', name: 'a', arguments: { n: 1 } }]],
    ],
    [
      "parts of Mistral's models: thinking, then text",
      [
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let me ' }] }] }),
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'see.' }] }] }),
        chunk({ content: [{ type: 'text', text: 'Par' }] }),
        say('is.'),
        chunk({ content: [] }),
      ],
      [[{ type: 'reasoning', content: 'Let me see.' }, text('Paris.')]],
    ],
    [
      'parts after a text, one of them of another kind',
      [
        say('See '),
        chunk({
          content: [
            { type: 'text', text: 'this' },
            { type: 'reference', reference_ids: [1] },
          ],
        }),
      ],
      [[text('See this'), { type: 'reference', reference_ids: [1] }]],
    ],
    [
      'images of the models of OpenRouter',
      [chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBOR' } }] })],
      [[blob('image', 'iVBOR', 'image/png')]],
    ],
    [
      // As servers do that count the text before it as the first.
      'a tool call whose index is not the first: no calls are made up before it',
      [say('a'), call(2, { id: 'call_a', function: { name: 'a', arguments: '{}' } })],
      [[text('a'), { type: 'tool_call', id: 'call_a', name: 'a', arguments: {} }]],
    ],
    [
      'the function call of older models in pieces',
      [
        chunk({ function_call: { name: 'weather', arguments: '' } }),
        chunk({ function_call: { arguments: '{"city"' } }),
        chunk({ function_call: { arguments: ':"Paris"}' } }),
        end('function_call'),
      ],
      [[{ type: 'tool_call', name: 'weather', arguments: { city: 'Paris' } }]],
    ],
    [
      'speech, by the pieces of its transcript',
      [
        chunk({ audio: { id: 'audio_1', transcript: 'Par' } }),
        chunk({ audio: { data: 'UklGR' } }),
        chunk({ audio: { transcript: 'is.' } }),
        chunk({ audio: { expires_at: 1 } }),
        end('stop'),
      ],
      [[text('Paris.'), blob('audio', 'UklGR')]],
    ],
    [
      'text, then a tool call',
      [say('Let me see.'), call(0, { id: 'call_a', function: { name: 'a', arguments: '{}' } })],
      [[text('Let me see.'), { type: 'tool_call', id: 'call_a', name: 'a', arguments: {} }]],
    ],
    [
      'several choices, begun in the wrong order and taking turns',
      [say('c1', 2), say('a1', 0), say('b1', 1), say('a2', 0), say('c2', 2), say('b2', 1)],
      [[text('a1a2')], [text('b1b2')], [text('c1c2')]],
    ],
    [
      'tool calls of two choices, which are not mixed up',
      [
        call(0, { id: 'call_a', function: { name: 'a', arguments: '[' } }, 0),
        call(0, { id: 'call_b', function: { name: 'b', arguments: '{' } }, 1),
        call(0, { function: { arguments: ']' } }, 0),
        call(0, { function: { arguments: '}' } }, 1),
      ],
      [
        [{ type: 'tool_call', id: 'call_a', name: 'a', arguments: [] }],
        [{ type: 'tool_call', id: 'call_b', name: 'b', arguments: {} }],
      ],
    ],
    [
      'log probabilities and padding, which are no content',
      [
        { ...say('a'), obfuscation: 'x7' },
        { choices: [{ index: 0, delta: { content: 'b' }, logprobs: { content: [] } }] },
      ],
      [[text('ab')]],
    ],
    ['a choice without an index', [{ choices: [{ delta: { content: 'a' } }] }], [[text('a')]]],
    ['a choice whose index is a text', [chunk({ content: 'a' }, { index: '3' })], [[text('a')]]],
  ])('%s', (_what, chunks, parts) => {
    expect(partsOf(chunks)).toStrictEqual(parts);
  });

  it("is the assistant's if no chunk has a role", () => {
    const { response } = accumulate([say('a')]);
    expect(chatOutputMessages(response)).toStrictEqual([{ role: 'assistant', parts: [text('a')] }]);
  });

  it('has the role of the first chunk', () => {
    const { response } = accumulate([chunk({ role: 'developer' }), say('a')]);
    expect(chatOutputMessages(response)).toStrictEqual([{ role: 'developer', parts: [text('a')] }]);
  });
});

describe('The reasoning of compatible providers', () => {
  const thoughts = (chunks: readonly unknown[], keepContent = true) =>
    (accumulate(chunks, keepContent).response as { choices: { message: unknown }[] }).choices.map(
      ({ message }) => message,
    );
  const message = { role: 'assistant', content: '', refusal: '', tool_calls: [] };

  it.each<[what: string, chunks: unknown[], expected: unknown]>([
    [
      'by the name that most have',
      [chunk({ reasoning_content: 'Let me ' }), chunk({ reasoning_content: 'see.' }), say('Paris.')],
      { ...message, content: 'Paris.', reasoning_content: 'Let me see.' },
    ],
    [
      'by the other name',
      [chunk({ reasoning: 'Let me ' }), chunk({ reasoning: 'see.' })],
      { ...message, reasoning: 'Let me see.' },
    ],
    ['nothing', [chunk({ reasoning_content: '', reasoning: null })], message],
    ['what is no text', [chunk({ reasoning_content: 5, reasoning: { effort: 'low' } })], message],
  ])('%s', (_what, chunks, expected) => {
    expect(thoughts(chunks)).toStrictEqual([expected]);
  });

  it('is not kept without content', () => {
    expect(thoughts([chunk({ reasoning_content: 'Let me see.' })], false)).toStrictEqual([message]);
  });
});

describe('The response of the chunks', () => {
  it.each<[what: string, chunks: unknown[], expected: unknown]>([
    [
      "the first chunk's names, one finish reason",
      [say('a'), end('stop')],
      { id: 'chatcmpl-1', model: 'gpt-5-mini-2025', systemFingerprint: 'fp_1', finishReasons: ['stop'] },
    ],
    [
      'usage in a chunk of its own, without choices',
      [end('stop'), { id: 'chatcmpl-1', choices: [], usage }],
      {
        id: 'chatcmpl-1',
        model: 'gpt-5-mini-2025',
        systemFingerprint: 'fp_1',
        finishReasons: ['stop'],
        usage: { inputTokens: 9, outputTokens: 3 },
      },
    ],
    [
      'the newest usage, if every chunk has one',
      [
        { choices: [], usage: { ...usage, completion_tokens: 1 } },
        { choices: [], usage },
        { choices: [], usage: null },
      ],
      { finishReasons: [], usage: { inputTokens: 9, outputTokens: 3 } },
    ],
    [
      'usage that an empty, a negative or a zero one does not erase',
      [
        { choices: [], usage },
        { choices: [], usage: {} },
        { choices: [], usage: { prompt_tokens: 0, completion_tokens: -1 } },
      ],
      { finishReasons: [], usage: { inputTokens: 9, outputTokens: 3 } },
    ],
    [
      'usage in two parts',
      [
        { choices: [], usage: { prompt_tokens: 9 } },
        { choices: [], usage: { completion_tokens: 3 } },
      ],
      { finishReasons: [], usage: { inputTokens: 9, outputTokens: 3 } },
    ],
    [
      "usage in Groq's member",
      [
        { choices: [], x_groq: { id: 'req_1' } },
        { choices: [], x_groq: { id: 'req_1', usage } },
      ],
      { finishReasons: [], usage: { inputTokens: 9, outputTokens: 3 } },
    ],
    [
      'usage in the choice, as Moonshot has it',
      [{ choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: { ...usage, cached_tokens: 4 } }] }],
      { finishReasons: ['stop'], usage: { inputTokens: 9, outputTokens: 3, cacheReadInputTokens: 4 } },
    ],
    [
      'no usage if several choices have one each, which may overlap',
      [
        {
          choices: [0, 1].map((index) => ({ index, delta: {}, finish_reason: 'stop', usage })),
        },
      ],
      { finishReasons: ['stop', 'stop'] },
    ],
    [
      // Azure/azure-sdk-for-go#21086, openai/openai-python#1266
      "the names of the second chunk, because Azure's first has empty texts",
      [{ id: '', model: '', system_fingerprint: '', service_tier: '', choices: [] }, end('stop')],
      { id: 'chatcmpl-1', model: 'gpt-5-mini-2025', systemFingerprint: 'fp_1', finishReasons: ['stop'] },
    ],
    [
      'an error within a choice, as OpenRouter has it',
      [
        chunk({}, { finish: 'error' }),
        { choices: [{ index: 0, error: { code: 502, message: 'Upstream' } }] },
      ],
      {
        id: 'chatcmpl-1',
        model: 'gpt-5-mini-2025',
        systemFingerprint: 'fp_1',
        finishReasons: ['error'],
        failure: { type: '502', message: 'Upstream', plainMessage: 'the server reported an error' },
      },
    ],
    [
      "vLLM's error, which the client does not throw",
      [{ object: 'error', message: 'too long', type: 'BadRequestError', code: 400 }],
      {
        finishReasons: [],
        failure: { type: '400', message: 'too long', plainMessage: 'the server reported an error' },
      },
    ],
    [
      'the tier of the last chunk, which is the one that was really used',
      [
        { service_tier: 'auto', choices: [] },
        { service_tier: 'default', choices: [] },
        { service_tier: null, choices: [] },
      ],
      { serviceTier: 'default', finishReasons: [] },
    ],
    [
      'the first id and model, should a later chunk name others',
      [
        { id: null, model: undefined, choices: [] },
        { id: '1', model: 'a', system_fingerprint: 'x', choices: [] },
        { id: '2', model: 'b', system_fingerprint: 'y', choices: [] },
      ],
      { id: '1', model: 'a', systemFingerprint: 'x', finishReasons: [] },
    ],
    [
      'finish reasons in the order of the choices, not of their ends',
      [end('length', 1), end('stop', 0)],
      {
        id: 'chatcmpl-1',
        model: 'gpt-5-mini-2025',
        systemFingerprint: 'fp_1',
        finishReasons: ['stop', 'length'],
      },
    ],
    [
      'a finish reason that a later chunk does not take back',
      [end('stop'), chunk({}, { finish: null }), chunk({}, { finish: '' })],
      { id: 'chatcmpl-1', model: 'gpt-5-mini-2025', systemFingerprint: 'fp_1', finishReasons: ['stop'] },
    ],
    [
      'no finish reason for a choice that has not come to its end',
      [say('a', 0), end('stop', 1)],
      {
        id: 'chatcmpl-1',
        model: 'gpt-5-mini-2025',
        systemFingerprint: 'fp_1',
        finishReasons: [undefined, 'stop'],
      },
    ],
    [
      'names of a wrong type',
      [{ id: 5, model: {}, service_tier: [], usage: 'much', choices: 'none' }],
      { finishReasons: [] },
    ],
  ])('%s', (_what, chunks, expected) => {
    expect(readChatResponse(accumulate(chunks).response)).toEqual(expected);
  });
});

describe('complete', () => {
  it.each<[what: string, chunks: unknown[], complete: boolean]>([
    ['nothing has come', [], false],
    ['only the first chunk has come', [chunk({ role: 'assistant' })], false],
    ['text without an end', [say('a')], false],
    ['usage alone', [{ choices: [], usage }], false],
    ['the end of the only choice', [say('a'), end('stop')], true],
    ['the end without the usage that follows it', [end('tool_calls')], true],
    ['the end of one choice of two', [say('a', 0), say('b', 1), end('stop', 1)], false],
    ['the ends of both', [say('a', 0), say('b', 1), end('stop', 1), end('length', 0)], true],
    ['an end that is no text', [chunk({}, { finish: 5 })], false],
  ])('%s: %s', (_what, chunks, complete) => {
    expect(accumulate(chunks).complete).toBe(complete);
    expect(accumulate(chunks, false).complete).toBe(complete);
  });
});

describe('without content', () => {
  const chunks = [
    chunk({ role: 'assistant', content: 'secret' }),
    chunk({ refusal: 'secret' }),
    call(0, { id: 'call_secret', function: { name: 'secret', arguments: '"secret"' } }),
    call(1, { custom: { name: 'secret', input: 'secret' } }),
    chunk({ function_call: { name: 'secret', arguments: 'secret' }, audio: { transcript: 'secret' } }),
    end('stop'),
    { choices: [], usage, service_tier: 'default' },
  ];

  it('no message is kept', () => {
    expect(JSON.stringify(accumulate(chunks, false).response)).not.toContain('secret');
    // The same chunks do hold it, or the line above would prove nothing.
    expect(JSON.stringify(accumulate(chunks, true).response)).toContain('secret');
  });

  it('the response is the same otherwise', () => {
    const [kept, left] = [true, false].map((keep) => readChatResponse(accumulate(chunks, keep).response));
    expect(left).toEqual(kept);
    expect(left).toMatchObject({
      finishReasons: ['stop'],
      usage: { inputTokens: 9 },
      serviceTier: 'default',
    });
  });
});

describe('An invalid value', () => {
  it.each<[what: string, index: number]>([
    ['below zero', -1],
    ['far beyond any request', 1e9],
    ['beyond the safe integers', Number.MAX_VALUE],
  ])('for the index of a choice is skipped: %s', (_what, index) => {
    expect(partsOf([say('a'), say('b', index), end('stop', index)])).toStrictEqual([[text('a')]]);
  });

  it.each<[what: string, index: number]>([
    ['below zero', -1],
    ['far beyond any request', 1e9],
    ['beyond the safe integers', Number.MAX_VALUE],
  ])('for the index of a tool call is skipped: %s', (_what, index) => {
    const part = { id: 'call_x', function: { name: 'x', arguments: '{}' } };
    expect(partsOf([say('a'), call(index, part)])).toStrictEqual([[text('a')]]);
  });

  it.each<[what: string, chunk: unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a text', '[DONE]'],
    ['a number', 5],
    ['a list', [say('b')]],
    ['a function', () => say('b')],
    ['an empty object', {}],
    ['choices that are null', { choices: null }],
    ['choices that are no objects', { choices: [null, 'b', 5, []] }],
    ['a delta that is null', chunk(null)],
    ['a delta that is a text', chunk('b')],
    ['a delta that is a list', chunk(['b'])],
    ['content of a wrong type', chunk({ content: 5, refusal: {}, role: [] })],
    ['tool calls that are no list', chunk({ tool_calls: { index: 0 } })],
    ['a function call and speech that are no objects', chunk({ function_call: 'b', audio: ['b'] })],
    ['tool calls that are no objects', chunk({ tool_calls: [null, 'b', 5, []] })],
  ])('in place of a chunk does no harm: %s', (_what, nonsense) => {
    const chunks = [say('a'), nonsense, say('c'), end('stop')];
    expect(partsOf(chunks)).toStrictEqual([[text('ac')]]);
    expect(accumulate(chunks).complete).toBe(true);
  });

  it('within a tool call does no harm', () => {
    const parts = [
      { id: 5, function: { name: 5, arguments: {} } },
      { function: null, custom: null },
      { function: 'weather' },
      { id: 'call_a', function: { name: 'a', arguments: '{}' } },
    ];
    expect(partsOf(parts.map((part) => call(0, part)))).toStrictEqual([
      [{ type: 'tool_call', id: 'call_a', name: 'a', arguments: {} }],
    ]);
  });
});
