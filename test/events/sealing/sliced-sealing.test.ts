import { diag } from '@opentelemetry/api';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChaukasEvent, UnsealedEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { eventFromJson, eventToJson } from '../../../src/chaukas/wire/event-json.js';
import { Guard } from '../../../src/diagnostics/guard.js';
import { type EventRedactor, EventSealer } from '../../../src/events/sealing/event-sealer.js';
import { RequestHistory } from '../../../src/events/sealing/request-messages.js';
import { createRedactor } from '../../../src/redaction/redactor.js';

/** The clock of these tests: turns run when a test runs them, and each look at the time takes a while. */
const { turns, time } = vi.hoisted(() => ({
  turns: [] as (() => void)[],
  time: { now: 0, perLook: 0 },
}));

vi.mock('../../../src/clock.js', async (original) => ({
  ...(await original<typeof import('../../../src/clock.js')>()),
  setImmediate: (turn: () => void) => {
    turns.push(turn);
    return turn;
  },
  clearImmediate: (turn: () => void) => {
    const at = turns.indexOf(turn);
    if (at >= 0) turns.splice(at, 1);
  },
  ticks: () => {
    time.now += time.perLook;
    return time.now;
  },
}));

beforeEach(() => {
  turns.length = 0;
  time.now = 0;
  time.perLook = 0;
});

describe('EventSealer', () => {
  it('ends a turn after 256 events', () => {
    const { sealer, lines } = sealerOf();
    for (let index = 0; index < 600; index += 1) sealer.add(modelStart(`call ${index}`, ['short']));
    expect(eventsPerTurn(lines)).toEqual([256, 256, 88]);
  });

  it('ends a turn when its time is over, and seals in order what waits', () => {
    const { sealer, lines } = sealerOf();
    time.perLook = 1;
    for (let index = 0; index < 10; index += 1) sealer.add(modelStart(`call ${index}`, ['short']));
    // Redaction takes the whole of each other turn.
    expect(eventsPerTurn(lines)).toEqual([1, 4, 1, 4]);
    expect(lines.map((line) => (JSON.parse(line) as ChaukasEvent).event_id)).toEqual(
      Array.from({ length: 10 }, (_, index) => `call ${index}`),
    );
  });

  it('takes several turns for one large event, while the events behind it wait', () => {
    const { sealer, lines } = sealerOf();
    time.perLook = 1;
    sealer.add(modelStart('large', conversation(40)));
    sealer.add(modelStart('small', ['short']));
    const perTurn = eventsPerTurn(lines);
    expect(perTurn.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(perTurn.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(sealer.waiting).toBe(0);
  });

  it.each<[how: string, turnsBefore: number]>([
    ['in turns', Number.POSITIVE_INFINITY],
    ['at once', 0],
    ['at once, in the middle of the event', 3],
  ])('makes the same line of a large event: %s', (_how, turnsBefore) => {
    const messages = [
      ...conversation(20),
      'my key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
      '\u{1F600}'.repeat(200_000),
    ];
    const small = sealerOf();
    small.sealer.add(modelStart('one', messages));
    small.sealer.sealAll();
    const large = sealerOf();
    time.perLook = 1;
    large.sealer.add(modelStart('one', messages));
    for (let turn = 0; turn < turnsBefore && turns.length > 0; turn += 1) turns.shift()?.();
    large.sealer.sealAll();
    expect(large.lines).toEqual(small.lines);
    expect(large.lines[0]).toContain('[REDACTED');
    const [line = ''] = large.lines;
    const event = eventFromJson(line);
    expect(eventToJson(event)).toBe(line);
    expect(contentHash(event)).toBe(event.content_hash);
    expect(turns).toEqual([]);
  });

  it('counts an event that fails in the middle as lost, and goes on', () => {
    const { sealer, lines } = sealerOf(() => {
      throw new Error('cannot be read');
    });
    sealer.add(modelStart('large', conversation(20)));
    sealer.sealAll();
    expect([sealer.lost, sealer.waiting, lines]).toEqual([1, 0, []]);
  });
});

/** Runs the turns until there are none, and returns how many events each of them delivered. */
function eventsPerTurn(lines: readonly string[]): number[] {
  const counts: number[] = [];
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    const before = lines.length;
    turn();
    counts.push(lines.length - before);
  }
  return counts;
}

function sealerOf(fail?: () => never): { sealer: EventSealer; lines: string[] } {
  const lines: string[] = [];
  const redact = createRedactor();
  const redactor: EventRedactor = Object.assign(
    (event: UnsealedEvent) => fail?.() ?? (redact(event as ChaukasEvent) as UnsealedEvent),
    { inSteps: (event: UnsealedEvent) => fail?.() ?? redact.inSteps(event as ChaukasEvent) },
  );
  const guard = new Guard(diag);
  const sealer = new EventSealer({
    streamId: 'stream',
    maxPending: 10_000,
    earlierEvents: () => ({ chainHeads: new Map(), streams: [] }),
    redact: redactor,
    requestHistory: new RequestHistory(),
    checkpoints: undefined,
    deliver: ({ line }) => lines.push(line),
    guard,
  });
  return { sealer, lines };
}

/** Messages of 50,000 characters each. */
function conversation(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `Message ${index}. ${'The order is on its way. '.repeat(2_000)}`,
  );
}

function modelStart(id: string, texts: readonly string[]): UnsealedEvent {
  return {
    event_id: id,
    session_id: 'session',
    trace_id: 'trace',
    type: 'EVENT_TYPE_MODEL_INVOCATION_START',
    llm_invocation: { request: { messages: texts.map((content) => ({ content, role: 'user' })) } },
  } as unknown as UnsealedEvent;
}
