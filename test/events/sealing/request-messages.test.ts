import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { UnsealedEvent } from '../../../src/chaukas/event.js';
import { RequestHistory } from '../../../src/events/sealing/request-messages.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import { finished } from '../../../src/steps.js';

const said = (role: string, content: string): JsonObject => ({ content, role });

let events = 0;
/** Returns the START of a call whose parent is an agent of a run. */
function start(messages: JsonObject[] | undefined, place: Partial<UnsealedEvent> = {}): UnsealedEvent {
  events += 1;
  return {
    type: 'EVENT_TYPE_MODEL_INVOCATION_START',
    event_id: `e${events}`,
    session_id: 's',
    parent_span_id: 'agent',
    invocation_id: 'run',
    llm_invocation: { model: 'm', request: { operation: 'chat', ...(messages && { messages }) } },
    ...place,
  } as unknown as UnsealedEvent;
}

/** Returns the event in the stream, after all steps. */
function redactedBy(
  history: RequestHistory,
  event: UnsealedEvent,
  redact: (event: UnsealedEvent) => UnsealedEvent,
): UnsealedEvent {
  const steps = history.redacted(event, function* (whole) {
    yield;
    return redact(whole);
  });
  return finished(steps);
}

const asItIs = (event: UnsealedEvent) => event;
const messagesOf = (event: UnsealedEvent) => event.llm_invocation?.request?.messages;
const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');
const sha256 = (messages: readonly JsonObject[]) =>
  sha256Of(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));

const hello = said('user', 'Hello');
const hi = said('assistant', 'Hi');
const more = said('user', 'More');
const bye = said('assistant', 'Bye');

describe('The request of a model call', () => {
  it('is whole in the first call of a run', () => {
    const first = start([hello, hi]);
    expect(redactedBy(new RequestHistory(), first, asItIs)).toBe(first);
  });

  it('is what is new in the next one, with the event, the number and the hash of the rest', () => {
    const history = new RequestHistory();
    const first = start([hello]);
    redactedBy(history, first, asItIs);
    const second = redactedBy(history, start([hello, hi, more]), asItIs);
    expect(messagesOf(second)).toEqual([hi, more]);
    expect(second.llm_invocation?.request).toMatchObject({ operation: 'chat' });
    expect(second.metadata).toEqual({
      messages_since: first.event_id,
      messages_count: 3,
      messages_sha256: sha256([hello, hi, more]),
    });
    const third = redactedBy(history, start([hello, hi, more, bye]), asItIs);
    expect(messagesOf(third)).toEqual([bye]);
    expect(third.metadata).toMatchObject({
      messages_since: second.event_id,
      messages_sha256: sha256([hello, hi, more, bye]),
    });
  });

  it('has no new messages if the same request is sent again', () => {
    const history = new RequestHistory();
    redactedBy(history, start([hello]), asItIs);
    const again = redactedBy(history, start([hello]), asItIs);
    expect(messagesOf(again)).toEqual([]);
    expect(again.metadata).toMatchObject({ messages_count: 1, messages_sha256: sha256([hello]) });
  });

  it.each<[what: string, next: UnsealedEvent]>([
    ['an earlier message has changed', start([said('user', 'Hullo'), hi])],
    ['the conversation was compacted', start([hello])],
    ['it is another session', start([hello, hi, more], { session_id: 'other' })],
    ['it is another run', start([hello, hi, more], { parent_span_id: 'a', invocation_id: 'r' })],
  ])('is whole if %s', (_what, next) => {
    const history = new RequestHistory();
    redactedBy(history, start([hello, hi]), asItIs);
    expect(redactedBy(history, next, asItIs)).toBe(next);
  });

  it('goes on after a handoff, and beside an agent that runs as a tool', () => {
    const history = new RequestHistory();
    redactedBy(history, start([hello]), asItIs);
    redactedBy(history, start([said('user', 'Inside')], { parent_span_id: 'inner' }), asItIs);
    expect(messagesOf(redactedBy(history, start([hello, hi]), asItIs))).toEqual([hi]);
    const other = start([hello, hi, more], { parent_span_id: 'next agent' });
    expect(messagesOf(redactedBy(history, other, asItIs))).toEqual([more]);
  });

  it('is hashed as it stands in the stream, where data was redacted', () => {
    const history = new RequestHistory();
    const redact = (event: UnsealedEvent): UnsealedEvent =>
      JSON.parse(JSON.stringify(event).replaceAll('a@b.example', '[REDACTED]'));
    redactedBy(history, start([said('user', 'I am a@b.example')]), redact);
    const next = redactedBy(history, start([said('user', 'I am a@b.example'), hi]), redact);
    expect(next.metadata?.messages_sha256).toBe(sha256([said('user', 'I am [REDACTED]'), hi]));
  });

  it('goes on exactly if it begins with the messages of the last call, whatever they are', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'a', '\u{1F600}', '\uD83D', '\uDE00', '\uFFFD', 'r4:usert1:a', '"', '1:'),
      fc.constantFrom(511, 512, 4_095, 4_096, 4_097).map((length) => 'é'.repeat(length)),
    );
    const message = fc.oneof(
      fc.record({ content: text, role: text }),
      fc.record({ content: text, name: text, role: text }),
      fc.record({ content: fc.oneof(fc.constant(null), fc.array(fc.record({ type: text }))), role: text }),
      fc.record({ role: text, b: text, a: text }),
    );
    const messages = fc.array(message, { minLength: 1, maxLength: 4 });
    const wire = (list: readonly unknown[]) =>
      list.map((one) => `${canonicalJson(one as JsonValue)}\n`).join('');
    fc.assert(
      fc.property(
        messages,
        fc.nat(3),
        fc.oneof(fc.constant([]), messages),
        messages,
        (sent, kept, other, more) => {
          const history = new RequestHistory();
          redactedBy(history, start(sent as JsonObject[]), asItIs);
          const next = [...sent.slice(0, Math.max(1, kept)), ...other];
          const event = start(next as JsonObject[]);
          const second = redactedBy(history, event, asItIs);
          const isSame = wire(next).startsWith(wire(sent));
          const again = redactedBy(history, start([...next, ...more] as JsonObject[]), asItIs);
          expect(second === event).toBe(!isSame);
          if (isSame) {
            expect(messagesOf(second)).toEqual(next.slice(sent.length));
            expect(second.metadata?.messages_sha256).toBe(sha256Of(wire(next)));
          }
          expect(messagesOf(again)).toEqual(more);
          expect(again.metadata?.messages_sha256).toBe(sha256Of(wire([...next, ...more])));
        },
      ),
    );
  });

  it.each([
    ['without content', start(undefined)],
    ['of another event', { ...start([hello]), type: 'EVENT_TYPE_MODEL_INVOCATION_END' as const }],
  ])('%s is left alone', (_what, event) => {
    const history = new RequestHistory();
    redactedBy(history, start([hello]), asItIs);
    expect(redactedBy(history, event, asItIs)).toBe(event);
  });
});
