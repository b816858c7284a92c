/** MCP calls in spans of another instrumentation, which has no signals, so that events come from attributes alone. */
import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { eventsOfSpans, mcpCalls } from './mcp-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  const violations = streamViolations(await eventsOfSpans(harness));
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(() => harness.stop());

const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' };
const CONTENT = {
  'gen_ai.tool.call.arguments': '{"a":1}',
  'gen_ai.tool.call.result': '{"content":[{"type":"text","text":"3"}]}',
};

function play(name: string, kind: SpanKind, atStart: Attributes, later: Attributes, failed = false) {
  const span = trace.getTracer('other').startSpan(name, { kind, attributes: atStart });
  span.setAttributes(later);
  if (failed)
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' }).setAttribute('error.type', 'tool_error');
  span.end();
}

it('A request is an MCP call, even if the convention calls it a tool', async () => {
  const request = { ...TOOL, 'mcp.method.name': 'tools/call', 'server.address': 'mcp.example' };
  play('tools/call add', SpanKind.CLIENT, { ...request, ...CONTENT }, {});
  const events = await eventsOfSpans(harness);
  expect(eventLines(events).slice(1, -1)).toEqual([
    '  MCP_CALL_START tools/call',
    '  MCP_CALL_END tools/call',
  ]);
  const server = { server_name: 'mcp.example', operation: 'tools/call', method: 'tools/call' };
  expect(mcpCalls(events).map(({ call }) => call)).toEqual([
    { ...server, request: { name: 'add', arguments: { a: 1 } } },
    { ...server, response: { content: [{ type: 'text', text: '3' }] } },
  ]);
});

it.each([
  ['from its start', { ...TOOL, 'mcp.method.name': 'tools/call' }, {}, false],
  ['at its end', TOOL, { 'mcp.method.name': 'tools/call' }, false],
  ['and failed', TOOL, { 'mcp.method.name': 'tools/call' }, true],
])('A tool call that is an MCP request, %s, is both in the events', async (_when, atStart, later, failed) => {
  play('execute_tool add', SpanKind.INTERNAL, atStart, later, failed);
  const suffix = failed ? ' (failed)' : '';
  expect(eventLines(await eventsOfSpans(harness)).slice(1, -1)).toEqual([
    '  TOOL_CALL_START add',
    '  MCP_CALL_START tools/call',
    `  MCP_CALL_END tools/call${suffix}`,
    ...(failed ? ['  ERROR tool_error'] : []),
    `  TOOL_CALL_END${suffix}`,
  ]);
});

it('A tool call that is not an MCP request has no MCP events', async () => {
  play('execute_tool add', SpanKind.INTERNAL, TOOL, {});
  expect(eventLines(await eventsOfSpans(harness)).slice(1, -1)).toEqual([
    '  TOOL_CALL_START add',
    '  TOOL_CALL_END',
  ]);
});
