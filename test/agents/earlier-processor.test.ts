import * as agents from '@openai/agents';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { deskOf, REQUEST } from './desk.js';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

let harness: Harness;
let spansHeld = 0;
beforeAll(async () => {
  const hold = async () => {
    spansHeld += 1;
    await pause(5);
  };
  harness = await startHarness({
    earlierProcessor: {
      onTraceStart: async () => {},
      onTraceEnd: async () => {},
      onSpanStart: hold,
      onSpanEnd: hold,
      shutdown: async () => {},
      forceFlush: async () => {},
    },
  });
});
afterAll(() => harness.stop());

it('A slow trace processor of the application leaves the tree unchanged', async () => {
  await agents.run(deskOf(harness), REQUEST);
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  expect(spansHeld).toBeGreaterThan(20);
  expect(nesting(harness.spans())).toEqual(
    [
      'invoke_workflow triage_agent',
      'invoke_workflow triage_agent > invoke_agent refund_agent',
      'invoke_workflow triage_agent > invoke_agent triage_agent',
      'invoke_agent triage_agent > chat support-desk',
      'invoke_agent triage_agent > execute_tool lookup_order',
      'invoke_agent triage_agent > execute_tool check_policy',
      'invoke_agent triage_agent > chat support-desk',
      'invoke_agent triage_agent > handoff refund_agent',
      'invoke_agent refund_agent > chat support-desk',
      'invoke_agent refund_agent > execute_tool issue_refund',
      'invoke_agent refund_agent > chat support-desk',
      'invoke_agent refund_agent > guardrail no_card_numbers',
    ].sort(),
  );
  expect(streamViolations(await harness.events())).toEqual([]);
});

function nesting(spans: readonly ReadableSpan[]): string[] {
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map(({ name, parentSpanContext }) => {
      const parent = parentSpanContext && nameOf.get(parentSpanContext.spanId);
      return parent === undefined ? name : `${parent} > ${name}`;
    })
    .sort();
}
