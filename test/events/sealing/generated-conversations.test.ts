import { createHash } from 'node:crypto';
import { diag } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent, UnsealedEvent } from '../../../src/chaukas/event.js';
import { Guard } from '../../../src/diagnostics/guard.js';
import { EventSealer } from '../../../src/events/sealing/event-sealer.js';
import { RequestHistory } from '../../../src/events/sealing/request-messages.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import type { RedactionOptions } from '../../../src/redaction/redaction-options.js';
import { createRedactor } from '../../../src/redaction/redactor.js';

/** Canonical JSON and the hash of an event, written anew from chaukas-spec: as an auditor would. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(',')}}`;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const isCarried = ([, value]: [string, unknown]) =>
  value !== '' &&
  value !== 0 &&
  value !== false &&
  value !== null &&
  !(Array.isArray(value) && value.length === 0);
/** The messages of the schema that the events here have. */
const MESSAGES = ['llm_invocation', 'redaction', 'tool_response'];

function hashOf(event: object): string {
  const hashed = Object.entries(event)
    .filter(([name]) => name !== 'content_hash')
    .filter(isCarried)
    .map(([name, value]): [string, unknown] => [
      name,
      MESSAGES.includes(name) ? Object.fromEntries(Object.entries(value).filter(isCarried)) : value,
    ]);
  return sha256(canonical(Object.fromEntries(hashed)));
}

const FILLER = 'The parcel left our warehouse in Hamburg and should be with you soon. ';
const text = fc.oneof(
  fc.constantFrom(
    '',
    'é\u{1F600}',
    '\ud83d',
    '},{"',
    'ada@example.com',
    'r4:usert1:a',
    '4111 1111 1111 1111',
  ),
  fc.constantFrom(1, 7, 60, 1_000, 4_000).map((times) => FILLER.repeat(times)),
  fc.string(),
);
const names = fc.constantFrom('a', '10', '9', '__proto__', 'toJSON', 'password', 'é', '');
const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom<JsonValue>(-0, 1e21, 1e-7, 0, false, null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('tree')), { maxLength: 3 }).map((all) => Object.fromEntries(all)),
  ),
}));
const message: fc.Arbitrary<JsonObject> = fc.oneof(
  { arbitrary: fc.record({ content: text, role: fc.constantFrom('user', 'tool') }), weight: 4 },
  fc.record({ content: tree, name: text, role: text }),
);
const step = fc.record({
  session_id: fc.constantFrom('s1', 's2'),
  parent_span_id: fc.constantFrom('p1', 'p2'),
  kind: fc.constantFrom('start', 'start', 'start', 'tool', 'end'),
  change: fc.constantFrom('grow', 'grow', 'grow', 'edit', 'shrink', 'role', 'same', 'repeat'),
  messages: fc.array(message, { minLength: 1, maxLength: 3 }),
  at: fc.nat(4),
  extra: tree,
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

function changed(before: readonly JsonObject[], { at, change, messages }: Step): JsonObject[] {
  const last = before.at(-1);
  if (last === undefined || change === 'grow') return [...before, ...messages];
  if (change === 'edit') return before.with(at % before.length, messages[0] as JsonObject);
  if (change === 'shrink') return before.slice(at);
  if (change === 'role') return [...before.slice(0, -1), { ...last, role: 'another' }];
  return change === 'repeat' ? [...before, ...before.slice(0, at)] : [...before];
}

function eventsOf(steps: readonly Step[]): UnsealedEvent[] {
  const conversations = new Map<string, JsonObject[]>();
  return steps.map((one, index) => {
    const { extra, kind, parent_span_id, session_id } = one;
    const base = {
      event_id: `e${String(index).padStart(4, '0')}`,
      session_id,
      parent_span_id,
      trace_id: 't',
    };
    const messages = changed(conversations.get(session_id) ?? [], one);
    if (kind === 'start') conversations.set(session_id, messages);
    const rest: Record<string, object> = {
      end: { type: 'EVENT_TYPE_SESSION_END', metadata: { extra } },
      tool: { type: 'EVENT_TYPE_TOOL_CALL_END', tool_response: { call_id: '', output: { extra } } },
      start: {
        type: 'EVENT_TYPE_MODEL_INVOCATION_START',
        invocation_id: 'run',
        llm_invocation: { model: 'm', prompt_tokens: 0, request: { messages } },
        metadata: { extra },
      },
    };
    return { ...base, ...rest[kind] } as unknown as UnsealedEvent;
  });
}

function sealerOf(options: RedactionOptions): { sealer: EventSealer; lines: string[] } {
  const lines: string[] = [];
  const redact = createRedactor(options);
  const sealer = new EventSealer({
    streamId: 'stream',
    maxPending: 10_000,
    earlierEvents: () => ({ chainHeads: new Map(), streams: [] }),
    redact: Object.assign((event: UnsealedEvent) => redact(event as ChaukasEvent) as UnsealedEvent, {
      inSteps: (event: UnsealedEvent) => redact.inSteps(event as ChaukasEvent),
    }),
    requestHistory: new RequestHistory(),
    checkpoints: undefined,
    deliver: ({ bytes, line }) => {
      expect(bytes).toBe(Buffer.byteLength(line));
      lines.push(line);
    },
    guard: new Guard(diag),
  });
  return { sealer, lines };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const options = fc.constantFrom<RedactionOptions>(
  {},
  { method: 'hash', salt: 'a salt of a test, no secret', saltId: '1' },
  { fields: ['llm_invocation.request.messages[*].name'] },
  { fields: [{ path: 'llm_invocation.request.messages[*].content', method: 'drop' }] },
  { callback: (said) => said.replaceAll('a', '') },
);

describe('Events of any conversations', () => {
  it('have the same lines at once, one by one and in turns, with the hashes and messages of an auditor', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      options,
      fc.nat(12),
      async (steps, chosen, flushedAt) => {
        const atOnce = sealerOf(chosen);
        for (const event of eventsOf(steps)) atOnce.sealer.add(event);
        atOnce.sealer.sealAll();
        const single = sealerOf(chosen);
        const inTurns = sealerOf(chosen);
        for (const [index, event] of eventsOf(steps).entries()) {
          single.sealer.add(event);
          single.sealer.sealAll();
          inTurns.sealer.add(event);
          if (index !== flushedAt) continue;
          await nextTurn();
          inTurns.sealer.sealAll();
        }
        while (inTurns.sealer.waiting > 0) await nextTurn();
        expect(atOnce.lines).toHaveLength(steps.length);
        expect(single.lines).toEqual(atOnce.lines);
        expect(inTurns.lines).toEqual(atOnce.lines);
        expectProven(atOnce.lines, eventsOf(steps), chosen);
      },
    );
    await fc.assert(property, { seed: 1, numRuns: 60 });
  }, 600_000);
});

function expectProven(
  lines: readonly string[],
  events: readonly UnsealedEvent[],
  chosen: RedactionOptions,
): void {
  const redact = createRedactor(chosen);
  const heads = new Map<string, string | undefined>();
  const conversations = new Map<unknown, JsonValue[]>([[undefined, []]]);
  for (const [index, line] of lines.entries()) {
    const event = JSON.parse(line) as ChaukasEvent;
    expect(canonical(event)).toBe(line);
    expect(event.content_hash).toBe(hashOf(event));
    expect(event.hash_prev).toBe(heads.get(event.session_id) ?? '');
    heads.set(event.session_id, event.content_hash);
    if (event.type !== 'EVENT_TYPE_MODEL_INVOCATION_START') continue;
    const whole = redact(events[index] as ChaukasEvent).llm_invocation?.request?.messages as JsonValue[];
    const since = event.metadata?.messages_since;
    const told = event.llm_invocation?.request?.messages as JsonValue[];
    const all = [...(conversations.get(since) ?? []), ...told];
    conversations.set(event.event_id, all);
    expect(canonical(all)).toBe(canonical(JSON.parse(JSON.stringify(whole))));
    if (since === undefined) continue;
    expect(event.metadata?.messages_count).toBe(all.length);
    expect(event.metadata?.messages_sha256).toBe(sha256(all.map((one) => `${canonical(one)}\n`).join('')));
  }
}
