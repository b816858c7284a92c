/** Starts and timestamps of what a run leads to are in order. */
import * as agents from '@openai/agents';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../harness/telemetry.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Blocks the process, as loading a module does. */
function block(ms: number): void {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

let harness: Harness;
beforeAll(async () => {
  const reply = { toolCalls: [{ name: 'work', arguments: {} }] };
  harness = await startHarness({
    scenarios: [
      { id: 'works', steps: [{ when: { toolResultCount: 1 }, reply: { text: 'done' } }, { reply }] },
    ],
    // The span of an agent has started in the SDK before its workflow's span is made.
    earlierProcessor: {
      onTraceStart: async () => {},
      onTraceEnd: async () => {},
      onSpanStart: async ({ spanData }) => {
        if (spanData.type === 'agent' || spanData.type === 'task') block(8);
      },
      onSpanEnd: async () => {},
      shutdown: async () => {},
      forceFlush: async () => {},
    },
  });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const agent = (needsApproval = false) =>
  new agents.Agent({
    name: 'A',
    model: 'works',
    tools: [
      agents.tool({
        name: 'work',
        description: 'works',
        parameters: z.object({}),
        needsApproval,
        execute: async () => 'worked',
      }),
    ],
  });

const startOf = ({ startTime }: ReadableSpan) => startTime[0] * 1e3 + startTime[1] / 1e6;

describe('A span', () => {
  it('never starts before its parent', async () => {
    await agents.run(agent(), 'q');
    const spans = harness.allSpans();
    const early = spans.filter((span) => {
      const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
      return parent !== undefined && startOf(span) < startOf(parent);
    });
    expect(spans.length).toBeGreaterThan(4);
    expect(early.map(({ name }) => name)).toEqual([]);
  });
});

describe('An event', () => {
  it('never precedes the START of its session', async () => {
    await agents.run(agent(), 'q');
    expect(early(await harness.events())).toEqual([]);
  });

  it('has its true time if it is a decision on a run that waits', async () => {
    const waiting = await agents.run(agent(true), 'q');
    const [approval] = waiting.interruptions;
    if (approval === undefined) throw new Error('nothing to approve');
    const askedBy = new Date().toISOString();
    await pause(20);
    waiting.state.approve(approval);
    const decidedBy = new Date().toISOString();
    await pause(20);
    await agents.run(agent(true), waiting.state);
    const events = await harness.events();
    expect(early(events)).toEqual([]);
    const decision = events.find(({ policy }) => policy?.outcome === 'allow');
    const time = decision?.timestamp.slice(0, 23) ?? '';
    expect(time > askedBy.slice(0, 23) && time <= decidedBy.slice(0, 23)).toBe(true);
    expect(decision?.metadata).not.toHaveProperty('occurred_at');
  });
});

type Events = Awaited<ReturnType<Harness['events']>>;

/** Returns the events whose time is before that of the latest START of their session. */
function early(events: Events): string[] {
  const starts = new Map<string, string>();
  return events.flatMap(({ type, session_id, timestamp }) => {
    if (type === 'EVENT_TYPE_SESSION_START') starts.set(session_id, timestamp);
    const start = starts.get(session_id) ?? '';
    // Fractions of a second have no fixed length.
    return timestamp.slice(0, -1) < start.slice(0, -1) ? [type] : [];
  });
}
