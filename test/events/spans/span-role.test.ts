import { type Attributes, SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { isPaired, spanRole } from '../../../src/events/spans/span-role.js';
import { plainSpan } from '../plain-span.js';

describe('spanRole', () => {
  it.each<[what: string, attributes: Attributes, role: string | undefined]>([
    ['a run', { 'gen_ai.operation.name': 'invoke_workflow' }, 'workflow'],
    ['an agent', { 'gen_ai.operation.name': 'invoke_agent' }, 'agent'],
    ['a tool', { 'gen_ai.operation.name': 'execute_tool' }, 'tool'],
    ['a chat', { 'gen_ai.operation.name': 'chat' }, 'model'],
    ['a completion', { 'gen_ai.operation.name': 'text_completion' }, 'model'],
    ['a generation', { 'gen_ai.operation.name': 'generate_content' }, 'model'],
    ['embeddings', { 'gen_ai.operation.name': 'embeddings' }, 'model'],
    ['an MCP request', { 'mcp.method.name': 'tools/list' }, 'mcp'],
    [
      'a tool call over MCP, which is a tool call',
      { 'gen_ai.operation.name': 'execute_tool', 'mcp.method.name': 'tools/call' },
      'tool',
    ],
    ['a handoff', { 'openai_agents.span.type': 'handoff' }, 'handoff'],
    ['a guardrail', { 'openai_agents.span.type': 'guardrail' }, 'guardrail'],
    ['a session that the application named', { 'openai_agents.span.type': 'session' }, 'session'],
    ['a span of the application within the SDK', { 'openai_agents.span.type': 'custom' }, undefined],
    ['an operation that makes no event', { 'gen_ai.operation.name': 'create_agent' }, undefined],
    ['a retrieval', { 'gen_ai.operation.name': 'retrieval' }, 'retrieval'],
    ['a response that is fetched', { 'gen_ai.operation.name': 'fetch_response' }, 'stored-data'],
    ['items of a conversation', { 'openai_agents.span.type': 'conversation_items' }, 'stored-data'],
    ['a moderation', { 'openai_agents.span.type': 'moderation' }, 'model'],
    ['a transcription', { 'openai_agents.span.type': 'transcription' }, 'model'],
    ['an unknown operation', { 'gen_ai.operation.name': 'CHAT' }, undefined],
    [
      'an unknown operation beside a known type',
      { 'gen_ai.operation.name': 'plan', 'openai_agents.span.type': 'handoff' },
      undefined,
    ],
    [
      'an operation of a wrong type beside a known type',
      { 'gen_ai.operation.name': 5, 'openai_agents.span.type': 'handoff' },
      'handoff',
    ],
    ['an empty operation', { 'gen_ai.operation.name': '' }, undefined],
    ['an operation that is a list', { 'gen_ai.operation.name': ['chat'] }, undefined],
    ['an HTTP request', { 'http.request.method': 'POST' }, undefined],
    ['no attributes', {}, undefined],
  ])('%s', (_what, attributes, role) => {
    expect(spanRole(plainSpan(attributes))).toBe(role);
  });

  it('distinguishes MCP requests from tools by the kind of the span', () => {
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'mcp.method.name': 'tools/call' };
    expect(spanRole(plainSpan(attributes, { kind: SpanKind.CLIENT }))).toBe('mcp');
    expect(spanRole(plainSpan(attributes, { kind: SpanKind.INTERNAL }))).toBe('tool');
    expect(spanRole(plainSpan({ 'gen_ai.operation.name': 'execute_tool' }, { kind: SpanKind.CLIENT }))).toBe(
      'tool',
    );
  });

  it('ignores the name of the span', () => {
    expect(spanRole(plainSpan({}, { name: 'chat gpt-5-mini' }))).toBeUndefined();
  });
});

describe('isPaired', () => {
  it.each([
    ['agent', true],
    ['model', true],
    ['tool', true],
    ['mcp', true],
    ['session', false],
    ['workflow', false],
    ['handoff', false],
    ['guardrail', false],
    [undefined, false],
  ] as const)('%s: %s', (role, paired) => {
    expect(isPaired(role)).toBe(paired);
  });
});
