/** Events of a real run, and of unusual spans of other instrumentations, survive every wire form. */
import * as agents from '@openai/agents';
import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import {
  batchFromRestJson,
  batchToRestJson,
  decodeBatch,
  encodeBatch,
  eventFromJson,
  eventToJson,
  eventToRestJson,
} from '../../../src/chaukas/index.js';
import {
  recordDataAccess,
  recordPolicyDecision,
  recordStateUpdate,
  recordSystemEvent,
} from '../../../src/index.js';
import { deskOf, REQUEST } from '../../agents/desk.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { openApiProblems } from './public-openapi.js';

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
  expect(restProblems(events)).toEqual([]);
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

// Attributes that another instrumentation may leave out, and that the REST form requires.
it.each<[name: string, attributes: Attributes]>([
  ['a model call without a provider', { 'gen_ai.operation.name': 'chat' }],
  ['a tool call without an id', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'f' }],
  ['a tool without a name', { 'gen_ai.operation.name': 'execute_tool' }],
  ['a retrieval without a data source', { 'gen_ai.operation.name': 'retrieval' }],
  ['an MCP request without a server', { 'mcp.method.name': 'tools/list' }],
  ['an agent without a name', { 'gen_ai.operation.name': 'invoke_agent' }],
  ['a handoff without agents', { 'openai_agents.span.type': 'handoff' }],
  ['a guardrail without a name', { 'openai_agents.span.type': 'guardrail' }],
  ['a spoken answer', { 'openai_agents.span.type': 'speech' }],
])('events of %s are valid in the REST form', async (name, attributes) => {
  const span = harness.provider.getTracer('someone-else').startSpan(name, { attributes });
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  const events = await harness.events();
  expect(events.length).toBeGreaterThan(0);
  expect(restProblems(events)).toEqual([]);
  expect(batchFromRestJson(batchToRestJson(events))).toStrictEqual({ events });
});

it('events that the application records are valid in the REST form', async () => {
  await harness.provider.getTracer('application').startActiveSpan('work', async (span) => {
    recordStateUpdate({ state: { kind: 'cart', items: 2 } });
    recordPolicyDecision({ policyId: 'refunds', outcome: 'deny' });
    recordDataAccess({ datasource: 'vector://products' });
    recordSystemEvent({ message: 'deployed' });
    span.end();
  });
  const events = await harness.events();
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(4);
  expect(restProblems(events)).toEqual([]);
});

function restProblems(events: readonly ChaukasEvent[]): string[] {
  return events.flatMap((event) =>
    openApiProblems(JSON.parse(eventToRestJson(event))).map((problem) => `${event.type}: ${problem}`),
  );
}
