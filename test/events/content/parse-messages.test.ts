import { describe, expect, it } from 'vitest';
import { parseMessages } from '../../../src/events/content/parse-messages.js';

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
      'parts that are none',
      [{ role: 'user', parts: [null, 'Hi', 5, [], { type: 'text', content: 'a' }] }],
      [{ role: 'user', parts: [{ type: 'text', content: 'a' }] }],
    ],
    ['messages that are none', [null, 'Hi', 5, []], []],
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
  ])('finds none in %j', (attribute) => {
    expect(parseMessages(attribute)).toBeUndefined();
  });
});
