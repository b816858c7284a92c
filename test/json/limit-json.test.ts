import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/json/json.js';
import { limitedJsonText, limitJson } from '../../src/json/limit-json.js';

const text = (content: string) => ({ type: 'text', content });
const user = (...parts: JsonValue[]) => ({ role: 'user', parts });
const system = (...parts: JsonValue[]) => ({ role: 'system', parts });
const times = <Entry>(count: number, entry: (index: number) => Entry) =>
  Array.from({ length: count }, (_, index) => entry(index));

const blob = (content: string) => ({ type: 'blob', modality: 'image', mime_type: 'image/png', content });
const image = (result: string) => ({
  type: 'server_tool_call_response',
  id: 'ig_1',
  server_tool_call_response: { type: 'image_generation_call', result },
});

describe('limitJson', () => {
  it.each<[what: string, value: JsonValue, limit: number]>([
    ['messages shorter than the limit', [user(text('Hi'))], 1000],
    ['messages of just the limit', [user(text('Hi'))], 58],
    ['an empty list', [], 2],
    ['a text', 'Hi', 4],
    ['null', null, 4],
  ])('leaves %s unchanged', (_what, value, limit) => {
    expect(limitJson(value, limit)).toBe(value);
  });

  it.each<[what: string, value: JsonValue, limit: number, expected: JsonValue]>([
    [
      'cuts a text and marks the length of the cut',
      [user(text('a'.repeat(500)))],
      150,
      [user(text(`${'a'.repeat(72)}… [428 characters cut]`))],
    ],
    [
      'cuts the longest texts, to the same length, and leaves the short ones',
      [system(text('s'.repeat(300))), user(text('short')), user(text('u'.repeat(600)))],
      600,
      [
        system(text(`${'s'.repeat(191)}… [109 characters cut]`)),
        user(text('short')),
        user(text(`${'u'.repeat(191)}… [409 characters cut]`)),
      ],
    ],
    [
      'counts characters as JSON writes them',
      [user(text('"\n'.repeat(500)))],
      251,
      [user(text(`${'"\n'.repeat(43)}… [914 characters cut]`))],
    ],
    [
      'leaves a surrogate pair whole',
      [user(text('😀'.repeat(500)))],
      251,
      [user(text(`${'😀'.repeat(85)}… [830 characters cut]`))],
    ],
    [
      'keeps the words of the schema, however narrow the limit is',
      [
        {
          role: 'assistant',
          name: 'n'.repeat(60),
          parts: [
            {
              type: 'tool_call',
              id: 'i'.repeat(60),
              name: 't'.repeat(60),
              arguments: { a: 'x'.repeat(500) },
            },
          ],
        },
      ],
      320,
      [
        {
          role: 'assistant',
          name: 'n'.repeat(60),
          parts: [
            {
              type: 'tool_call',
              id: 'i'.repeat(60),
              name: 't'.repeat(60),
              arguments: { a: `${'x'.repeat(16)}… [484 characters cut]` },
            },
          ],
        },
      ],
    ],
    [
      'cuts a value that is too long for a name',
      { name: 'n'.repeat(300) },
      100,
      { name: `${'n'.repeat(67)}… [233 characters cut]` },
    ],
    [
      'empties an image, because a part of it is useless',
      [user(blob('A'.repeat(500)), text('What?'))],
      200,
      [user({ ...blob(''), truncated: true }, text('What?'))],
    ],
    [
      'empties the larger of two images',
      [user(blob('A'.repeat(500)), blob('B'.repeat(100)))],
      400,
      [user({ ...blob(''), truncated: true }, blob('B'.repeat(100)))],
    ],
    [
      'empties an image that the provider generated',
      [{ role: 'assistant', parts: [image('A'.repeat(500))] }],
      250,
      [
        {
          role: 'assistant',
          parts: [
            {
              type: 'server_tool_call_response',
              id: 'ig_1',
              server_tool_call_response: { type: 'image_generation_call', result: '', truncated: true },
            },
          ],
        },
      ],
    ],
    [
      'drops messages from the middle',
      [system(text('Be brief.')), ...times(20, (index) => user(text(`n${index}`)))],
      400,
      [
        system(text('Be brief.')),
        system(text('[messages dropped: 16]')),
        user(text('n16')),
        user(text('n17')),
        user(text('n18')),
        user(text('n19')),
      ],
    ],
    [
      'drops parts from the middle',
      [user(...times(50, (index) => text(`n${index}`)))],
      200,
      [user(text('n0'), text('[parts dropped: 47]'), text('n48'), text('n49'))],
    ],
    [
      'drops parts of the newest message if it alone exceeds the limit',
      [system(text('Be brief.')), user(text('Hi')), user(...times(50, (index) => text(`n${index}`)))],
      300,
      [
        system(text('Be brief.')),
        system(text('[messages dropped: 1]')),
        user(text('n0'), text('[parts dropped: 48]'), text('n49')),
      ],
    ],
    [
      'drops parts of the first message if it leaves no room for the newest',
      [system(...times(50, (index) => text(`n${index}`))), user(text('Hi'))],
      300,
      [system(text('n0'), text('[parts dropped: 48]'), text('n49')), user(text('Hi'))],
    ],
    [
      'drops tool definitions from the middle',
      times(50, (index) => ({ type: 'function', name: `t${index}` })),
      160,
      [
        { type: 'function', name: 't0' },
        { type: 'truncated', name: '[tools dropped: 47]' },
        { type: 'function', name: 't48' },
        { type: 'function', name: 't49' },
      ],
    ],
    [
      'drops rows of an answer before the answer',
      [
        {
          role: 'tool',
          parts: [{ type: 'tool_call_response', id: 'c', response: times(100, (row) => ({ row })) }],
        },
      ],
      150,
      [
        {
          role: 'tool',
          parts: [
            {
              type: 'tool_call_response',
              id: 'c',
              response: [{ row: 0 }, { truncated: '[entries dropped: 97]' }, { row: 98 }, { row: 99 }],
            },
          ],
        },
      ],
    ],
    [
      'keeps the first members of an object',
      Object.fromEntries(times(100, (index) => [`k${index}`, index])),
      60,
      { k0: 0, k1: 1, k2: 2, k3: 3, k4: 4, k5: 5, truncated: true },
    ],
    [
      'keeps the members that leave room for the mark',
      { a: 1000000000, b: false, c: '  ' },
      34,
      { a: 1000000000, truncated: true },
    ],
    ['drops numbers from the middle', times(100, (index) => index), 31, [0, '[entries dropped: 98]', 99]],
    ['leaves a message without parts', [user(text('a'.repeat(500)))], 90, [user()]],
    ['leaves an empty list if nothing fits', [user(text('a'.repeat(500)))], 2, []],
    ['leaves an empty object if nothing fits', { a: 'a'.repeat(500) }, 2, {}],
    ['leaves an empty text if nothing fits', 'a'.repeat(500), 2, ''],
  ])('%s', (_what, value, limit, expected) => {
    expect(limitJson(value, limit)).toStrictEqual(expected);
    expect(limitedJsonText(value, limit)).toBe(JSON.stringify(expected));
    expect(JSON.stringify(expected).length).toBeLessThanOrEqual(limit);
  });

  it('leaves its argument unchanged', () => {
    const value = [user(blob('A'.repeat(500)), text('a'.repeat(500)))];
    const before = structuredClone(value);
    limitJson(value, 250);
    expect(value).toStrictEqual(before);
  });

  it('keeps a member named __proto__ a member', () => {
    const value = JSON.parse(`{"__proto__":{"a":"${'x'.repeat(200)}"},"b":[${'1,'.repeat(100)}1]}`);
    expect(limitedJsonText(value, 100)).toMatch(/^\{"__proto__":\{"a":"x+… \[\d+ characters cut\]"\},"b":\[/);
  });
});
