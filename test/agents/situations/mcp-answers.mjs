// Answers of a small MCP server, independent of the transport. JavaScript, so that its process starts at once.

const TOOLS = [
  {
    name: 'mcp_add',
    description: 'Adds two numbers',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
  },
  {
    name: 'mcp_fail',
    description: 'Always fails',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  },
];

/** See `mcp-answers.d.mts`. */
export function answerMcp(message) {
  const { id, method, params } = message;
  if (id === undefined) return undefined;
  const answer = (result) => ({ jsonrpc: '2.0', id, result });
  switch (method) {
    case 'initialize':
      return answer({
        protocolVersion: params?.protocolVersion ?? '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'adder', version: '1.0.0' },
      });
    case 'ping':
      return answer({});
    case 'tools/list':
      return answer({ tools: TOOLS });
    case 'tools/call':
      return answer(callTool(params?.name, params?.arguments));
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: `Method not found: ${method}` } };
  }
}

function callTool(name, args) {
  const text = (value) => [{ type: 'text', text: value }];
  if (name !== 'mcp_add') return { content: text('it failed'), isError: true };
  return { content: text(String(args.a + args.b)) };
}
