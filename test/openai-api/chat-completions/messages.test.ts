import { describe, expect, it } from 'vitest';
import { toJsonValue } from '../../../src/json/json.js';
import { chatOutputMessages, chatRequestDetails } from '../../../src/openai-api/chat-completions/messages.js';
import { blob } from '../../harness/blob.js';

const user = (content: unknown) => ({ role: 'user', content });
const text = (content: string) => ({ type: 'text', content });

/** The parts that a request's only message becomes. */
function partsOf(message: unknown): unknown {
  return chatRequestDetails({ messages: [message] }).messages[0]?.parts;
}

describe('chatRequestDetails: messages', () => {
  it.each<[what: string, message: unknown, expected: unknown]>([
    ['a text of the user', user('Hi'), { role: 'user', parts: [text('Hi')] }],
    [
      'a system message, which stays in the history',
      { role: 'system', content: 'Be brief.' },
      { role: 'system', parts: [text('Be brief.')] },
    ],
    [
      'a developer message',
      { role: 'developer', content: 'Be brief.' },
      { role: 'developer', parts: [text('Be brief.')] },
    ],
    [
      'a name',
      { role: 'user', name: 'ada', content: 'Hi' },
      { role: 'user', name: 'ada', parts: [text('Hi')] },
    ],
    [
      'an answer of the assistant',
      { role: 'assistant', content: 'Hello' },
      { role: 'assistant', parts: [text('Hello')] },
    ],
    [
      'a refusal of the assistant',
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'assistant', parts: [text('No.')] },
    ],
    [
      'a transcript',
      { role: 'assistant', audio: { id: 'a', transcript: 'Hello' } },
      { role: 'assistant', parts: [text('Hello')] },
    ],
    [
      'speech of an earlier answer, by its id',
      { role: 'assistant', audio: { id: 'audio_1' } },
      { role: 'assistant', parts: [{ type: 'file', modality: 'audio', file_id: 'audio_1' }] },
    ],
    [
      'reasoning of a compatible provider, before the answer',
      { role: 'assistant', content: 'Paris.', reasoning_content: 'France, so' },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'France, so' }, text('Paris.')] },
    ],
    [
      'reasoning under its other name',
      { role: 'assistant', content: 'Paris.', reasoning: 'France, so' },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'France, so' }, text('Paris.')] },
    ],
    [
      'reasoning under both names, once',
      { role: 'assistant', content: 'Paris.', reasoning: 'France, so', reasoning_content: 'France, so' },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'France, so' }, text('Paris.')] },
    ],
    [
      'reasoning of a wrong type',
      { role: 'assistant', content: 'Paris.', reasoning: { effort: 'low' }, reasoning_content: '' },
      { role: 'assistant', parts: [text('Paris.')] },
    ],
    [
      'the answer to a function call of older models, by its name',
      { role: 'function', name: 'weather', content: '{"t":21}' },
      { role: 'function', name: 'weather', parts: [{ type: 'tool_call_response', response: { t: 21 } }] },
    ],
    [
      'speech of an earlier answer, which is only referred to',
      { role: 'assistant', audio: { id: 'audio_1' } },
      { role: 'assistant', parts: [{ type: 'file', modality: 'audio', file_id: 'audio_1' }] },
    ],
    [
      'what a model of a compatible provider thinks',
      { role: 'assistant', content: 'Paris.', reasoning_content: 'Hm.' },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'Hm.' }, text('Paris.')] },
    ],
    [
      'the same by its other name, and only once if it has both',
      { role: 'assistant', content: 'Paris.', reasoning: 'Hm.', reasoning_content: 'Hm.' },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'Hm.' }, text('Paris.')] },
    ],
    [
      'the same by its other name alone',
      { role: 'assistant', reasoning: 'Hm.', reasoning_content: null },
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'Hm.' }] },
    ],
    [
      'the answer of a function of older models, which has no id',
      { role: 'function', name: 'weather', content: '{"t":21}' },
      {
        role: 'function',
        name: 'weather',
        parts: [{ type: 'tool_call_response', response: { t: 21 } }],
      },
    ],
    [
      'a tool call, its arguments parsed',
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
        ],
      },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } }],
      },
    ],
    [
      'text and two tool calls, in this order',
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'a', arguments: '{}' } },
          { id: 'call_2', type: 'function', function: { name: 'b', arguments: '{"x":' } },
        ],
      },
      {
        role: 'assistant',
        parts: [
          text('Let me see.'),
          { type: 'tool_call', id: 'call_1', name: 'a', arguments: {} },
          // Cut off, so it stays the text that it is.
          { type: 'tool_call', id: 'call_2', name: 'b', arguments: '{"x":' },
        ],
      },
    ],
    [
      'a call of a custom tool, whose input is a text of its own',
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'sql', input: '{"not":"parsed"}' } }],
      },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: '{"not":"parsed"}' }],
      },
    ],
    [
      'a custom tool without input',
      { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'sql' } }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'sql', arguments: null }] },
    ],
    [
      'the function call of older models, which has no id',
      { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'weather', arguments: { city: 'Paris' } }] },
    ],
    [
      'a tool call that says nothing',
      { role: 'assistant', tool_calls: [{}] },
      { role: 'assistant', parts: [{ type: 'tool_call', name: '', arguments: null }] },
    ],
    [
      "a tool's answer, parsed",
      { role: 'tool', tool_call_id: 'call_1', content: '{"t":21}' },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: { t: 21 } }] },
    ],
    [
      "a tool's answer as a text",
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'sunny' }] },
    ],
    [
      "a tool's answer in parts",
      { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'sunny' }] },
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'call_1', response: [{ type: 'text', text: 'sunny' }] }],
      },
    ],
    [
      "a tool's answer without an id and without content",
      { role: 'tool' },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: null }] },
    ],
    ['no content', { role: 'assistant', content: null }, { role: 'assistant', parts: [] }],
    ['an empty text', user(''), { role: 'user', parts: [] }],
    ['no role', { content: 'Hi' }, { role: 'user', parts: [text('Hi')] }],
    [
      'a role and a name of a wrong type',
      { role: 5, name: 5, content: 'Hi' },
      { role: 'user', parts: [text('Hi')] },
    ],
    ['content of a wrong type', user(5), { role: 'user', parts: [] }],
    ['content that is an object', user({ type: 'text', text: 'Hi' }), { role: 'user', parts: [] }],
    [
      'tool calls that are no list',
      { role: 'assistant', tool_calls: { 0: {} } },
      { role: 'assistant', parts: [] },
    ],
  ])('reads %s', (_what, message, expected) => {
    expect(chatRequestDetails({ messages: [message] })).toStrictEqual({ messages: [expected] });
  });

  it('keeps the order of the messages and skips invalid ones', () => {
    const messages = [user('1'), null, 'Hi', ['Hi'], { role: 'assistant', content: '2' }, 5, user('3')];
    expect(chatRequestDetails({ messages }).messages.map(({ parts }) => parts)).toStrictEqual([
      [text('1')],
      [text('2')],
      [text('3')],
    ]);
  });

  it.each<[what: string, part: unknown, expected: unknown]>([
    ['text', { type: 'text', text: 'Hi' }, text('Hi')],
    ['an empty text', { type: 'text', text: '' }, text('')],
    ['text of a wrong type', { type: 'text', text: 5 }, text('')],
    ['a refusal', { type: 'refusal', refusal: 'No.' }, text('No.')],
    ['a refusal of a wrong type', { type: 'refusal', refusal: [] }, text('')],
    [
      'a picture by its address',
      { type: 'image_url', image_url: { url: 'https://host/cat.png', detail: 'low' } },
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png' },
    ],
    [
      'a picture as a data URL',
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBOR' } },
      blob('image', 'iVBOR', 'image/png'),
    ],
    [
      'a picture whose address stands alone',
      { type: 'image_url', image_url: 'https://host/cat.png' },
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png' },
    ],
    [
      'a film, which compatible providers take',
      { type: 'video_url', video_url: { url: 'https://host/cat.mp4' } },
      { type: 'uri', modality: 'video', uri: 'https://host/cat.mp4' },
    ],
    ['a picture without an address', { type: 'image_url' }, { type: 'uri', modality: 'image', uri: '' }],
    [
      'a picture by its address alone, as compatible providers take it',
      { type: 'image_url', image_url: 'https://host/cat.png' },
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png' },
    ],
    [
      'a film',
      { type: 'video_url', video_url: { url: 'https://host/cat.mp4' } },
      { type: 'uri', modality: 'video', uri: 'https://host/cat.mp4' },
    ],
    [
      'sound as wav',
      { type: 'input_audio', input_audio: { data: 'UklGR', format: 'wav' } },
      blob('audio', 'UklGR', 'audio/wav'),
    ],
    [
      'sound as mp3, whose media type has another name',
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
      blob('audio', 'SUQz', 'audio/mpeg'),
    ],
    ['sound that says nothing', { type: 'input_audio' }, blob('audio', '', 'audio/wav')],
    [
      'a file by its id',
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', modality: 'document', file_id: 'file-1' },
    ],
    [
      'a file as a data URL',
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBER' } },
      blob('document', 'JVBER', 'application/pdf'),
    ],
    [
      'a part of a type that is not known, whole',
      { type: 'hologram', depth: 3, at: new Date(0) },
      { type: 'hologram', depth: 3, at: '1970-01-01T00:00:00.000Z' },
    ],
    ['a part without a type', { depth: 3 }, { type: 'unknown', depth: 3 }],
    ['a part whose type is no text', { type: 5, depth: 3 }, { type: 'unknown', depth: 3 }],
    ['a text for a part', 'Hi', { type: 'unknown', content: 'Hi' }],
    ['null for a part', null, { type: 'unknown', content: null }],
    ['a list for a part', ['Hi'], { type: 'unknown', content: ['Hi'] }],
  ])('reads a part: %s', (_what, part, expected) => {
    expect(partsOf(user([part]))).toStrictEqual([expected]);
  });

  it('keeps the order of the parts', () => {
    const parts = [
      { type: 'text', text: '1' },
      { type: 'image_url', image_url: { url: 'https://h/2' } },
      { type: 'text', text: '3' },
    ];
    expect(partsOf(user(parts))).toStrictEqual([
      text('1'),
      { type: 'uri', modality: 'image', uri: 'https://h/2' },
      text('3'),
    ]);
  });

  it('copies, because the application may change the request afterwards', () => {
    const message = { role: 'user', content: [{ type: 'hologram', points: [1] }] };
    const details = chatRequestDetails({ messages: [message] });
    message.content[0]?.points.push(2);
    message.content.push({ type: 'hologram', points: [] });
    expect(details.messages[0]?.parts).toStrictEqual([{ type: 'hologram', points: [1] }]);
  });

  it('reads the other messages if one cannot be read', () => {
    const circular: Record<string, unknown> = { type: 'loop' };
    circular.self = circular;
    const throwing = {
      get type() {
        throw new Error('no');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const messages = [
      user('1'),
      user([throwing, { type: 'text', text: '2' }]),
      user([circular, { type: 'count', of: 3n }]),
      proxy,
      { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'a', arguments: circular } }] },
      user('4'),
    ];
    expect(chatRequestDetails({ messages: toJsonValue(messages) })).toStrictEqual({
      messages: [
        { role: 'user', parts: [text('1')] },
        { role: 'user', parts: [{ type: 'unknown', content: '[Unreadable]' }, text('2')] },
        {
          role: 'user',
          parts: [
            { type: 'loop', self: '[Circular]' },
            { type: 'count', of: '3' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'tool_call', id: 'call_1', name: 'a', arguments: { type: 'loop', self: '[Circular]' } },
          ],
        },
        { role: 'user', parts: [text('4')] },
      ],
    });
  });

  it.each<Record<string, unknown>>([
    {},
    { messages: null },
    { messages: 'Hi' },
    { messages: { 0: user('Hi') } },
  ])('finds no message in %s', (body) => {
    expect(chatRequestDetails(body)).toStrictEqual({ messages: [] });
  });
});

const circular: Record<string, unknown> = { type: 'dream' };
circular.self = circular;
const unreadable = {
  type: 'text',
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
    const content = [{ type: 'text', text: 'Hi' }, part, { type: 'text', text: 'there' }];
    const parts = [text('Hi'), expected, text('there')];
    expect(partsOf(user(toJsonValue(content)))).toStrictEqual(parts);
    expect(chatOutputMessages({ choices: [{ message: { content } }] })).toStrictEqual([
      { role: 'assistant', parts },
    ]);
  });

  it('does not affect the messages, tools and choices beside it', () => {
    const tool = { type: 'function', function: { name: 'now' } };
    expect(
      chatRequestDetails({ messages: [user('1'), revoked, user('2')], tools: [revoked, tool] }),
    ).toStrictEqual({
      messages: ['1', '2'].map((content) => ({ role: 'user', parts: [text(content)] })),
      toolDefinitions: [{ type: 'function', name: 'now' }],
    });
    expect(chatOutputMessages({ choices: [revoked, { message: { content: '2' } }] })).toStrictEqual([
      { role: 'assistant', parts: [] },
      { role: 'assistant', parts: [text('2')] },
    ]);
  });

  it('gives nothing on its own', () => {
    expect(chatOutputMessages(revoked)).toStrictEqual([]);
  });
});

describe('chatRequestDetails: tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };

  it.each<[what: string, tool: unknown, expected: unknown]>([
    [
      'a function',
      {
        type: 'function',
        function: { name: 'weather', description: 'The weather', parameters, strict: true },
      },
      { type: 'function', name: 'weather', description: 'The weather', parameters },
    ],
    [
      'a function with nothing but a name',
      { type: 'function', function: { name: 'now' } },
      { type: 'function', name: 'now' },
    ],
    [
      'a custom tool',
      { type: 'custom', custom: { name: 'sql', description: 'Runs SQL', format: { type: 'text' } } },
      { type: 'custom', name: 'sql', description: 'Runs SQL' },
    ],
    [
      'a tool of a type that is not known',
      { type: 'web_search' },
      { type: 'web_search', name: 'web_search' },
    ],
    ['a tool without a type', { function: { name: 'weather' } }, { type: 'function', name: 'weather' }],
    ['a tool without a name', { type: 'function', function: {} }, { type: 'function', name: 'function' }],
    [
      'a tool whose definition is no object',
      { type: 'function', function: 'weather' },
      { type: 'function', name: 'function' },
    ],
    [
      'members of a wrong type',
      { type: 'function', function: { name: 5, description: {}, parameters: null } },
      { type: 'function', name: 'function', parameters: null },
    ],
  ])('reads %s', (_what, tool, expected) => {
    expect(chatRequestDetails({ tools: [tool] })).toStrictEqual({
      messages: [],
      toolDefinitions: [expected],
    });
  });

  it('reads functions of older models as tools', () => {
    const functions = [{ name: 'weather', description: 'The weather', parameters }, null, { name: 'now' }];
    expect(chatRequestDetails({ functions })).toStrictEqual({
      messages: [],
      toolDefinitions: [
        { type: 'function', name: 'weather', description: 'The weather', parameters },
        { type: 'function', name: 'now' },
      ],
    });
  });

  it('reads the functions of older models after the tools', () => {
    const functions = [{ name: 'weather', description: 'The weather', parameters }, null, {}];
    expect(
      chatRequestDetails({ functions, tools: [{ type: 'function', function: { name: 'now' } }] }),
    ).toStrictEqual({
      messages: [],
      toolDefinitions: [
        { type: 'function', name: 'now' },
        { type: 'function', name: 'weather', description: 'The weather', parameters },
        { type: 'function', name: 'function' },
      ],
    });
  });

  it.each([[], null, 'weather', [null, 'weather', 5], { 0: {} }])('finds none in %j', (tools) => {
    expect(chatRequestDetails({ tools })).toStrictEqual({ messages: [] });
  });
});

describe('chatOutputMessages', () => {
  const answer = (message: unknown, index = 0) => ({ index, message, finish_reason: 'stop' });

  it.each<[what: string, choices: unknown, expected: unknown]>([
    [
      'a text',
      [answer({ role: 'assistant', content: 'Paris.', refusal: null })],
      [{ role: 'assistant', parts: [text('Paris.')] }],
    ],
    [
      'a refusal',
      [answer({ role: 'assistant', content: null, refusal: 'No.' })],
      [{ role: 'assistant', parts: [text('No.')] }],
    ],
    [
      'tool calls',
      [
        answer({
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
          ],
        }),
      ],
      [
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } }],
        },
      ],
    ],
    [
      'speech, by its transcript and its sound',
      [answer({ role: 'assistant', content: null, audio: { id: 'a', data: 'UklGR', transcript: 'Paris.' } })],
      [
        {
          role: 'assistant',
          parts: [text('Paris.'), blob('audio', 'UklGR')],
        },
      ],
    ],
    [
      'one message a choice, in their order',
      [answer({ content: 'a' }), answer({ content: 'b' }, 1), answer({ content: '' }, 2)],
      [
        { role: 'assistant', parts: [text('a')] },
        { role: 'assistant', parts: [text('b')] },
        { role: 'assistant', parts: [] },
      ],
    ],
    [
      'choices that are none, so that the others keep their places',
      [null, 'a', answer(null), answer({ content: 'd' })],
      [
        { role: 'assistant', parts: [] },
        { role: 'assistant', parts: [] },
        { role: 'assistant', parts: [] },
        { role: 'assistant', parts: [text('d')] },
      ],
    ],
    ['no choice', [], []],
    ['choices that are no list', { 0: answer({ content: 'a' }) }, []],
  ])('reads %s', (_what, choices, expected) => {
    expect(chatOutputMessages({ choices })).toStrictEqual(expected);
  });

  it.each([null, undefined, 'Paris.', 5, [], [{ choices: [] }], {}])('finds nothing in %j', (value) => {
    expect(chatOutputMessages(value)).toStrictEqual([]);
  });
});
