/** The answers of a small MCP server, for any transport. */

export interface McpMessage {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly _meta?: Record<string, unknown>;
    readonly protocolVersion?: string;
    readonly cursor?: string;
    readonly name?: string;
    readonly uri?: string;
    readonly arguments?: Record<string, unknown>;
  };
}

export interface McpServerOptions {
  /** `legacy` begins with `initialize`. `modern` (2026-07-28) has neither handshake nor session. */
  readonly era?: 'legacy' | 'modern';
  /** Number of tools per page of the list. */
  readonly pageSize?: number;
}

export const LEGACY_VERSION = '2025-06-18';
export const MODERN_VERSION = '2026-07-28';

const SERVER_INFO = { name: 'calculator', version: '1.0.0' };
const CAPABILITIES = { tools: {}, prompts: {}, resources: {} };

const object = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const number = { type: 'number' };

export const TOOLS = [
  { name: 'add', description: 'Adds two numbers', inputSchema: object({ a: number, b: number }) },
  { name: 'fail', description: 'Fails, and says so', inputSchema: object({}) },
  { name: 'wait', description: 'Takes its time', inputSchema: object({ ms: number }) },
  { name: 'gone', description: 'Is listed and unknown', inputSchema: object({}) },
  { name: 'crash', description: 'Takes the server down', inputSchema: object({}) },
];

/**
 * @param crash - breaks the connection, so that no answer comes.
 * @returns the answer; `undefined` for a notification.
 */
export async function answerMcp(
  { id, method, params = {} }: McpMessage,
  { era = 'legacy', pageSize = TOOLS.length }: McpServerOptions,
  crash: () => void,
): Promise<object | undefined> {
  if (id === undefined) return undefined;
  const complete = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};
  const answer = (result: object) => ({ jsonrpc: '2.0', id, result: { ...complete, ...result } });
  const refuse = (code: number, message: string) => ({ jsonrpc: '2.0', id, error: { code, message } });
  switch (method) {
    case era === 'legacy' && 'initialize':
      return answer({ protocolVersion: LEGACY_VERSION, capabilities: CAPABILITIES, serverInfo: SERVER_INFO });
    case era === 'modern' && 'server/discover':
      return answer({
        supportedVersions: [MODERN_VERSION],
        capabilities: CAPABILITIES,
        _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
      });
    case 'ping':
      return answer({});
    case 'tools/list': {
      const from = Number(params.cursor ?? 0);
      const next = from + pageSize;
      const tools = TOOLS.slice(from, next);
      return answer(next < TOOLS.length ? { tools, nextCursor: String(next) } : { tools });
    }
    case 'tools/call':
      return callTool(params.name, params.arguments ?? {});
    case 'prompts/list':
      return answer({ prompts: [{ name: 'greet' }] });
    case 'prompts/get':
      return answer({ messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }] });
    case 'resources/read':
      return answer({ contents: [{ uri: params.uri, text: 'The text' }] });
    default:
      return refuse(-32601, `Method not found: ${method}`);
  }

  async function callTool(name: string | undefined, args: Record<string, unknown>) {
    const says = (text: string) => answer({ content: [{ type: 'text', text }] });
    switch (name) {
      case 'add':
        return says(String(Number(args.a) + Number(args.b)));
      case 'fail':
        return answer({ content: [{ type: 'text', text: 'the disk is full' }], isError: true });
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, Number(args.ms)));
        return says('waited');
      case 'crash':
        crash();
        return undefined;
      default:
        return refuse(-32602, `Unknown tool: ${name}, says sk-abcdef123456`);
    }
  }
}
