/** Events of a real run, and of unusual spans of other instrumentations, survive every wire form. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  batchFromRestJson,
  batchToRestJson,
  decodeBatch,
  encodeBatch,
  eventFromJson,
  eventToJson,
} from '../../../src/chaukas/index.js';
import { deskOf, REQUEST } from '../../agents/desk.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    processor: { tenantId: 'acme', projectId: 'desk', branch: 'main', tags: ['blue'] },
  });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

it('events of a run are the same after JSON, a binary request and the REST form', async () => {
  await agents.run(deskOf(harness), REQUEST);
  const events = await harness.events();
  expect(events.length).toBeGreaterThan(10);
  expect(events.map((event) => eventFromJson(eventToJson(event)))).toStrictEqual(events);
  expect(decodeBatch(encodeBatch(events))).toStrictEqual({ events });
  expect(batchFromRestJson(batchToRestJson(events))).toStrictEqual({ events });
});

it('events of a span with fractional or huge numbers are written with the nearest integers', async () => {
  const span = harness.provider.getTracer('someone-else').startSpan('chat claude', {
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'claude',
      'gen_ai.request.max_tokens': 1e12,
      'gen_ai.usage.input_tokens': 12.5,
      'gen_ai.usage.output_tokens': 3,
    },
  });
  span.end();
  const events = await harness.events();
  const expected = { prompt_tokens: 13, completion_tokens: 3, max_tokens: 2_147_483_647 };
  const ends = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
  expect(ends.map((event) => eventFromJson(eventToJson(event)).llm_invocation)).toMatchObject([expected]);
  expect(decodeBatch(encodeBatch(ends)).events.map((event) => event.llm_invocation)).toMatchObject([
    expected,
  ]);
});
