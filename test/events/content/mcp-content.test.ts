import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { mcpEndContent, mcpStartContent } from '../../../src/events/content/mcp-content.js';
import { DURATION_MS, plainSpan } from '../plain-span.js';

describe('MCP calls', () => {
  it.each<[what: string, attributes: Attributes, expected: object]>([
    ['nothing known', {}, {}],
    [
      'the method, which is the operation too',
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
    expect(mcpStartContent(span)).toStrictEqual({ mcp_call: expected });
    expect(mcpEndContent(span)).toStrictEqual({ mcp_call: { ...expected, execution_time_ms: DURATION_MS } });
  });
});
