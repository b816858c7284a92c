import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/json/json.js';
import { limitedJsonText, limitJson } from '../../src/json/limit-json.js';

const word = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme-ascii' });
/** Lone surrogates and control characters too: JSON writes them with six characters. */
const content = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }));
const data = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;

const part: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'reasoning'), content }),
  fc.record({ type: fc.constant('tool_call'), id: word, name: word, arguments: data }),
  fc.record({ type: fc.constant('tool_call_response'), id: word, response: fc.oneof(data, content) }),
  fc.record({
    type: fc.constant('blob'),
    modality: word,
    mime_type: word,
    content: fc.base64String({ maxLength: 800 }),
  }),
  fc.record({ type: fc.constant('file'), modality: word, file_id: word }),
  fc.record({ type: fc.constant('uri'), modality: word, uri: fc.webUrl() }),
);
const message: fc.Arbitrary<JsonObject> = fc.record({ role: word, parts: fc.array(part, { maxLength: 8 }) });
const messages: fc.Arbitrary<JsonValue[]> = fc.array(message, { maxLength: 8 });
const limit = fc.integer({ min: 2, max: 2000 });

describe('limitJson', () => {
  it.each([
    ['messages', messages as fc.Arbitrary<JsonValue>],
    ['anything', data],
  ])('returns JSON within the limit: %s', (_what, values) => {
    fc.assert(
      fc.property(values, limit, (value, most) => {
        const limited = limitJson(value, most);
        const json = JSON.stringify(limited);
        expect(json.length).toBeLessThanOrEqual(most);
        expect(limitedJsonText(value, most)).toBe(json);
        expect(JSON.stringify(JSON.parse(json))).toBe(json);
      }),
    );
  });

  it.each([
    ['messages', messages as fc.Arbitrary<JsonValue>],
    ['anything', data],
  ])('changes nothing that fits, and so nothing a second time: %s', (_what, values) => {
    fc.assert(
      fc.property(values, limit, (value, most) => {
        expect(limitJson(value, JSON.stringify(value).length)).toBe(value);
        const limited = limitJson(value, most);
        expect(limitJson(limited, most)).toBe(limited);
      }),
    );
  });

  it('returns messages of the schema: whole names, whole media, a mark for everything left out', () => {
    fc.assert(
      fc.property(messages, limit, (value, most) => {
        const known = new Set(value.flatMap((entry) => messageShapes(entry)));
        for (const entry of limitJson(value, most) as JsonObject[]) {
          for (const shape of messageShapes(entry)) {
            if (!known.has(shape)) expect(MARKS).toContain(shape);
          }
        }
      }),
    );
  });

  it('never cuts through a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }), limit, (long, most) => {
        expect(limitedJsonText([{ type: 'text', content: long }], most)).not.toMatch(/\\ud[89a-f]/);
      }),
    );
  });
});

const MARKS = [
  'message system',
  'text content:string',
  // Emptied media.
  'emptied',
];

/** Describes a message without its texts: one line for the message and one per part. */
function messageShapes(entry: JsonValue | undefined): string[] {
  const { role, parts } = entry as { role: string; parts: JsonObject[] };
  return [`message ${role}`, ...parts.map(partShape)];
}

function partShape(part: JsonObject): string {
  const { type, content, response, arguments: input, uri, truncated, ...words } = part;
  if (type === 'blob') {
    if (truncated === true && content === '') return 'emptied';
    return `blob ${content} ${JSON.stringify(words)}`;
  }
  const held = Object.entries({ content, uri })
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${key}:${typeof member}`);
  if (response !== undefined) held.push('response');
  if (input !== undefined) held.push('arguments');
  return [type, ...held, ...(Object.keys(words).length > 0 ? [JSON.stringify(words)] : [])].join(' ');
}
