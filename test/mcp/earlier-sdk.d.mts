import type * as mcp from '@modelcontextprotocol/client';
import type * as stdio from '@modelcontextprotocol/client/stdio';

export const Client: typeof mcp.Client;
export const SSEClientTransport: typeof mcp.SSEClientTransport;
export const StdioClientTransport: typeof stdio.StdioClientTransport;
export const StreamableHTTPClientTransport: typeof mcp.StreamableHTTPClientTransport;
