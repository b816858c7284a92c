import { describe, expect, it } from 'vitest';
import {
  inputContent,
  messageJson,
  outputContent,
  parseMessages,
} from '../../../src/events/content/messages.js';
import type { JsonValue } from '../../../src/json/json.js';
import type { GenAiMessage, MessagePart } from '../../../src/semconv/messages.js';

const text = (content: string): MessagePart => ({ type: 'text', content });
const call: MessagePart = { type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } };
const picture: MessagePart = { type: 'uri', modality: 'image', uri: 'https://host/cat.png' };
/** A part as another instrumentation may record it: the content is missing or is not a text. */
const torn = (content?: JsonValue): MessagePart =>
  ({ type: 'text', ...(content !== undefined && { content }) }) as MessagePart;

describe('messageJson', () => {
  it.each<[what: string, message: GenAiMessage, expected: unknown]>([
    ['a text', { role: 'user', parts: [text('Hi')] }, { role: 'user', content: 'Hi' }],
    [
      'a text in pieces',
      { role: 'user', parts: [text('Hi'), text(' there')] },
      { role: 'user', content: 'Hi there' },
    ],
    [
      'a name',
      { role: 'user', name: 'ada', parts: [text('Hi')] },
      { role: 'user', name: 'ada', content: 'Hi' },
    ],
    ['a tool call', { role: 'assistant', parts: [call] }, { role: 'assistant', content: [call] }],
    [
      'text beside another part',
      { role: 'user', parts: [text('Look'), picture] },
      { role: 'user', content: [text('Look'), picture] },
    ],
    ['no parts', { role: 'assistant', parts: [] }, { role: 'assistant', content: '' }],
    [
      'a text without content',
      { role: 'user', parts: [torn(), text('Hi')] },
      { role: 'user', content: 'Hi' },
    ],
    [
      'a text whose content is null',
      { role: 'user', parts: [torn({ a: 1 }), torn(null), text('Hi')] },
      { role: 'user', content: 'Hi' },
    ],
  ])('%s', (_what, message, expected) => {
    expect(messageJson(message)).toStrictEqual(expected);
  });
});

describe('inputContent', () => {
  const system: GenAiMessage = { role: 'system', parts: [text('Be brief.')] };
  const ask: GenAiMessage = { role: 'user', parts: [text('Weather '), text('in Paris?')] };

  it.each<[what: string, messages: GenAiMessage[], expected: unknown]>([
    ['one text', [ask], { role: 'user', text: 'Weather in Paris?' }],
    [
      'several messages: the latest of the user, and all in the metadata',
      [system, { role: 'user', parts: [text('Hi')] }, { role: 'assistant', parts: [text('Hello')] }, ask],
      {
        role: 'user',
        text: 'Weather in Paris?',
        metadata: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Hi' },
            { role: 'assistant', content: 'Hello' },
            { role: 'user', content: 'Weather in Paris?' },
          ],
        },
      },
    ],
    [
      'an older message of the user, followed by a tool result',
      [ask, { role: 'tool', parts: [{ type: 'tool_call_response', response: 21 }] }],
      {
        role: 'user',
        text: 'Weather in Paris?',
        metadata: {
          messages: [
            { role: 'user', content: 'Weather in Paris?' },
            { role: 'tool', content: [{ type: 'tool_call_response', response: 21 }] },
          ],
        },
      },
    ],
    [
      'no message of the user: the latest message',
      [system, { role: 'developer', parts: [text('Go on.')] }],
      {
        role: 'user',
        text: 'Go on.',
        metadata: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'developer', content: 'Go on.' },
          ],
        },
      },
    ],
    [
      'a picture: its text, and all parts in the metadata',
      [{ role: 'user', parts: [text('Look'), picture] }],
      {
        role: 'user',
        text: 'Look',
        metadata: { messages: [{ role: 'user', content: [text('Look'), picture] }] },
      },
    ],
    [
      'only a picture',
      [{ role: 'user', parts: [picture] }],
      { role: 'user', text: '', metadata: { messages: [{ role: 'user', content: [picture] }] } },
    ],
    ['no messages', [], { role: 'user', text: '', metadata: { messages: [] } }],
    ['a text without content', [{ role: 'user', parts: [torn()] }], { role: 'user', text: '' }],
  ])('%s', (_what, messages, expected) => {
    expect(inputContent(messages)).toStrictEqual(expected);
  });
});

describe('outputContent', () => {
  it.each<[what: string, output: JsonValue, text: string]>([
    ['a text', 'Paris.', 'Paris.'],
    ['an empty text', '', ''],
    ['a structured output', { city: 'Paris', n: [1] }, '{"city":"Paris","n":[1]}'],
    ['a list', ['a'], '["a"]'],
    ['a number', 5, '5'],
    ['null', null, 'null'],
  ])('%s', (_what, output, expected) => {
    expect(outputContent(output)).toStrictEqual({ role: 'assistant', text: expected });
  });
});

describe('parseMessages', () => {
  it.each<[what: string, json: unknown, expected: unknown]>([
    [
      'messages of the convention',
      [
        { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'call_1', name: 'a', arguments: {} }],
          finish_reason: 'tool_call',
        },
      ],
      [
        { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'a', arguments: {} }] },
      ],
    ],
    ['a name', [{ role: 'user', name: 'ada', parts: [] }], [{ role: 'user', name: 'ada', parts: [] }]],
    ['a name of a wrong type', [{ role: 'user', name: 5, parts: [] }], [{ role: 'user', parts: [] }]],
    ['no role', [{ parts: [] }], [{ role: 'user', parts: [] }]],
    ['no parts', [{ role: 'user' }], [{ role: 'user', parts: [] }]],
    ['parts that are a text', [{ role: 'user', parts: 'Hi' }], [{ role: 'user', parts: [] }]],
    [
      'parts that are not objects',
      [{ role: 'user', parts: [null, 'Hi', 5, [], { type: 'text', content: 'a' }] }],
      [{ role: 'user', parts: [{ type: 'text', content: 'a' }] }],
    ],
    ['messages that are not objects', [null, 'Hi', 5, []], []],
    ['an empty list', [], []],
    ['an object', { role: 'user' }, undefined],
    ['a text', 'Hi', undefined],
    ['null', null, undefined],
  ])('reads %s', (_what, json, expected) => {
    expect(parseMessages(JSON.stringify(json))).toEqual(expected);
  });

  it.each<[attribute: unknown]>([
    [undefined],
    [null],
    [5],
    [true],
    [['[]']],
    [{}],
    [''],
    ['[{"role":"user"'],
    ['Hi'],
  ])('returns undefined for %j', (attribute) => {
    expect(parseMessages(attribute)).toBeUndefined();
  });
});
