import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import type { JsonObject, JsonValue } from '../../src/json/json.js';
import type { RedactionOptions } from '../../src/redaction/redaction-options.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { finished } from '../../src/steps.js';

const FILLER = 'The parcel left our warehouse in Hamburg and should be with you soon. '.repeat(40);

const SAID = [
  FILLER,
  `write to ada@example.com. ${FILLER}`,
  `my key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789 ${FILLER}`,
  `${FILLER.repeat(10)} card 4111 1111 1111 1111`,
  `{"token":"abcdefgh","text":"${FILLER}"}`,
  '\ud800 alone',
];

const message = (content: string, more: JsonObject = {}): JsonObject => ({ content, role: 'user', ...more });

function event(messages: JsonObject[], metadata: JsonObject = {}): ChaukasEvent {
  const request = { a: 'from bob@example.com', messages, tools: [{ name: 'mail', to: 'eve@example.com' }] };
  return {
    event_id: 'e',
    session_id: 's',
    type: 'EVENT_TYPE_MODEL_INVOCATION_START',
    llm_invocation: { model: 'm', request },
    metadata,
  } as unknown as ChaukasEvent;
}

const many = Array.from({ length: 200 }, (_, index) => message(SAID[index % SAID.length] as string));

describe('A large event', () => {
  it.each<[what: string, options: RedactionOptions, messages: JsonObject[], metadata?: JsonObject]>([
    ['has the same findings', {}, many],
    ['has the same hashes', { method: 'hash', salt: 'salt of this test', saltId: '1' }, many],
    [
      'loses the fields of a rule',
      { fields: ['llm_invocation.request.messages[*].name'] },
      [...many, message(FILLER, { name: 'Ada' })],
    ],
    ['loses a whole list', { fields: [{ path: 'llm_invocation.request.messages', method: 'drop' }] }, many],
    ['is searched for patterns', { patterns: [{ category: 'city', pattern: 'Hamburg' }] }, many],
    ['has a list in two places', {}, many, { again: many, nested: { messages: many } }],
    [
      'has lists within lists',
      {},
      [{ content: many.map((part) => ({ parts: [part, part] })), role: 'user' }],
    ],
    ['has a list beneath an e-mail address', {}, [], { 'ada@example.com': many }],
    [
      'has lists within a list of passwords',
      {},
      [],
      { passwords: [['hunter2!x'], ...many.map((one) => [one])] },
    ],
    ['has lists within a list of telephone numbers', {}, [], { phone: [[['555 1234']], ...many] }],
    ['has lists in a header', {}, [], { name: 'Cookie', value: [['hunter2!x'], ...many] }],
  ])('%s if it is redacted in steps', (_what, options, messages, metadata) => {
    const redact = createRedactor(options);
    const whole = redact(event(messages, metadata));
    const steps = redact.inSteps(event(messages, metadata));
    expect(finished(steps)).toEqual(whole);
    expect(JSON.stringify(whole)).toContain('REDACTED');
  });

  it('is redacted in steps of a limited length', () => {
    const steps = createRedactor().inSteps(event(Array.from({ length: 1_000 }, () => message(FILLER))));
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThan(30);
  });

  it('of any messages has the same findings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...SAID), fc.jsonValue()), { minLength: 10, maxLength: 40 }),
        (drawn) => {
          const messages = drawn.map(([content, extra]) => message(content, { extra } as JsonObject));
          const redact = createRedactor();
          expect(finished(redact.inSteps(event(messages)))).toEqual(redact(event(messages)));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('of any tree has the same findings', () => {
    const leaf = fc.constantFrom<JsonValue>(
      ...['hunter2!x', '5551234567', 'Authorization', 'Bearer abcdef123456', 'oct', '\ud800', ''],
      ...['4111 1111 1111 1111', '{"password":["x1y2z3"]}', 'password: "', -0, 1e21, 5_551_234_567, null],
      ...[1, 20, 30].map((times) => FILLER.repeat(times)),
      `${FILLER.repeat(10)} write to ada@example.com. ${FILLER}`,
    );
    const names = ['password', 'phone', 'ssn', 'pin', 'name', 'value', 'kty', 'd', 'content', 'text', '7'];
    const name = fc.constantFrom(
      ...names,
      '__proto__',
      'ada@example.com',
      'Authorization',
      'logprob',
      'token',
    );
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, depthSize: 'large' },
        leaf,
        fc.array(tie('tree'), { maxLength: 5 }),
        fc.array(fc.tuple(name, tie('tree')), { maxLength: 5 }).map((all) => Object.fromEntries(all)),
      ),
    }));
    const options = fc.constantFrom<RedactionOptions>(
      { method: 'hash', salt: 'a salt of a test, no secret', saltId: '1' },
      { fields: ['**.name', 'llm_invocation.request.messages[1].content'] },
      { maxFieldLength: 5_000 },
    );
    fc.assert(
      fc.property(
        fc.array(tree, { minLength: 1, maxLength: 6 }),
        tree,
        options,
        fc.nat(2),
        (messages, more, chosen, first) => {
          const redact = createRedactor(chosen);
          const made = () => event(messages as JsonObject[], { more });
          expect(JSON.stringify(finished(redact.inSteps(made(), first)))).toBe(
            JSON.stringify(redact(made(), first)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
