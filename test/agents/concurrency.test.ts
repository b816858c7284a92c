import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { deskOf, REQUEST } from './desk.js';

const RUNS = 100;

/** The parent of each span of a run, by name. */
const PARENTS: Readonly<Record<string, string>> = {
  'invoke_workflow triage_agent': 'request',
  'invoke_agent triage_agent': 'invoke_workflow triage_agent',
  'invoke_agent refund_agent': 'invoke_workflow triage_agent',
  'execute_tool lookup_order': 'invoke_agent triage_agent',
  'execute_tool check_policy': 'invoke_agent triage_agent',
  'handoff refund_agent': 'invoke_agent triage_agent',
  'execute_tool issue_refund': 'invoke_agent refund_agent',
  'guardrail no_card_numbers': 'invoke_agent refund_agent',
  GET: 'execute_tool lookup_order',
};

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

it(`${RUNS} concurrent runs, half of them streamed, stay separate`, async () => {
  const tracer = trace.getTracer('application');
  await Promise.all(
    Array.from({ length: RUNS }, (_, index) =>
      tracer.startActiveSpan('request', async (span) => {
        if (index % 2 === 0) {
          await agents.run(deskOf(harness), REQUEST);
        } else {
          const result = await agents.run(deskOf(harness), REQUEST, { stream: true });
          for await (const _event of result) {
            // The run goes on as it is read.
          }
          await result.completed;
        }
        span.end();
      }),
    ),
  );
  expect(harness.openSpanCount()).toBe(0);

  const byTrace = groupBy(harness.allSpans(), (span) => span.spanContext().traceId);
  expect(byTrace.size).toBe(RUNS);
  for (const spans of byTrace.values()) {
    expect(spans).toHaveLength(19);
    expect(wrongParents(spans)).toEqual([]);
  }

  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  const bySession = groupBy(events, (event) => event.session_id);
  expect(bySession.size).toBe(RUNS);
  for (const session of bySession.values()) {
    expect(session).toHaveLength(27);
    expect(new Set(session.map((event) => event.trace_id)).size).toBe(1);
  }
}, 60_000);

function wrongParents(spans: readonly ReadableSpan[]): string[] {
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .filter((span) => span.name in PARENTS)
    .filter((span) => nameOf.get(span.parentSpanContext?.spanId ?? '') !== PARENTS[span.name])
    .map((span) => `${span.name} is under ${nameOf.get(span.parentSpanContext?.spanId ?? '')}`);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    group.push(item);
    groups.set(keyOf(item), group);
  }
  return groups;
}
