import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { mcpEndContent, mcpStartContent } from '../../../src/events/content/mcp.js';
import type { McpCallDetails } from '../../../src/signals/signal.js';
import { DURATION_MS, plainSpan } from '../plain-span.js';

describe('MCP calls', () => {
  it.each<[what: string, attributes: Attributes, expected: object]>([
    ['no attributes', {}, {}],
    [
      'the method, which is also the operation',
      { 'mcp.method.name': 'tools/list' },
      { operation: 'tools/list', method: 'tools/list' },
    ],
    ['the server by its name', { 'openai_agents.mcp.server.name': 'docs' }, { server_name: 'docs' }],
    ['the server by its address', { 'server.address': 'mcp.example' }, { server_name: 'mcp.example' }],
    [
      'the server by its name rather than by its address',
      { 'openai_agents.mcp.server.name': 'docs', 'server.address': 'mcp.example' },
      { server_name: 'docs' },
    ],
    [
      'the version of the protocol',
      { 'mcp.protocol.version': '2025-06-18' },
      { protocol_version: '2025-06-18' },
    ],
    [
      'attributes of a wrong type',
      { 'mcp.method.name': 5, 'mcp.protocol.version': ['1'], 'openai_agents.mcp.server.name': '' },
      {},
    ],
  ])('%s', (_what, attributes, expected) => {
    const span = plainSpan(attributes);
    expect(mcpStartContent(span, undefined, true)).toEqual({ mcp_call: expected });
    expect(mcpEndContent(span, undefined, undefined, true)).toEqual({
      mcp_call: { ...expected, execution_time_ms: DURATION_MS },
    });
  });

  const content = { name: 'add', arguments: { a: 1 } };
  const details: McpCallDetails = { request: { name: 'add' }, content };
  const attributes = {
    'gen_ai.tool.name': 'sums_add',
    'gen_ai.tool.call.arguments': '{"a":1}',
    'gen_ai.tool.call.result': '{"content":[]}',
  };

  it.each<
    [
      what: string,
      attributes: Attributes,
      call: McpCallDetails | undefined,
      wanted: boolean,
      expected: object,
    ]
  >([
    ['the details of the call', attributes, details, true, { request: content }],
    ['the details of the call, without content', attributes, details, false, { request: { name: 'add' } }],
    [
      'the details of a call whose content was withheld',
      {},
      { request: { name: 'add' } },
      true,
      { request: { name: 'add' } },
    ],
    [
      'the address of the server',
      {},
      { serverUrl: 'https://mcp.example/v1' },
      true,
      { server_url: 'https://mcp.example/v1' },
    ],
    [
      'a tool on the span',
      attributes,
      undefined,
      true,
      { request: { name: 'sums_add', arguments: { a: 1 } } },
    ],
    ['a tool on the span, without content', attributes, undefined, false, { request: { name: 'sums_add' } }],
    [
      'a prompt on the span',
      { 'gen_ai.prompt.name': 'greet' },
      undefined,
      true,
      { request: { name: 'greet' } },
    ],
    [
      'a resource on the span',
      { 'mcp.resource.uri': 'memo://1' },
      undefined,
      true,
      { request: { uri: 'memo://1' } },
    ],
  ])('the request: %s', (_what, given, call, wanted, expected) => {
    expect(mcpStartContent(plainSpan(given), call, wanted)).toEqual({ mcp_call: expected });
  });

  it.each<
    [
      what: string,
      attributes: Attributes,
      result: Parameters<typeof mcpEndContent>[2],
      wanted: boolean,
      expected: object,
    ]
  >([
    [
      'the result of the call, with its own duration',
      attributes,
      { response: { tools: [] }, durationMs: 7 },
      true,
      { response: { tools: [] }, execution_time_ms: 7 },
    ],
    [
      'without content',
      attributes,
      { response: { tools: [] }, durationMs: 7 },
      false,
      { execution_time_ms: 7 },
    ],
    [
      'the result on the span',
      attributes,
      undefined,
      true,
      { response: { content: [] }, execution_time_ms: DURATION_MS },
    ],
    [
      'a text on the span',
      { 'gen_ai.tool.call.result': 'sunny' },
      undefined,
      true,
      { response: { result: 'sunny' }, execution_time_ms: DURATION_MS },
    ],
  ])('the answer: %s', (_what, given, result, wanted, expected) => {
    expect(mcpEndContent(plainSpan(given), undefined, result, wanted)).toEqual({ mcp_call: expected });
  });
});
