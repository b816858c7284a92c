import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it } from 'vitest';
import { readMcpConnection } from '../../src/instrumentation/mcp/mcp-connection.js';

const overHttp = (url: string) => new StreamableHTTPClientTransport(new URL(url), { sessionId: 's-1' });

describe('The connection of a client is read for', () => {
  it.each<[what: string, client: Record<string, unknown>, known: string | undefined, expected: object]>([
    [
      'a client that is not connected',
      {},
      undefined,
      { serverName: undefined, serverUrl: undefined, attributes: {} },
    ],
    [
      'a process',
      {
        _transport: new StdioClientTransport({ command: 'node' }),
        _serverVersion: { name: 'files', version: '1' },
        _negotiatedProtocolVersion: '2026-07-28',
      },
      undefined,
      {
        serverName: 'files',
        serverUrl: undefined,
        attributes: { 'mcp.protocol.version': '2026-07-28', 'network.transport': 'pipe' },
      },
    ],
    [
      'a process, in a version that the client has forgotten',
      { _transport: { pid: 1, stderr: null } },
      '2025-06-18',
      {
        serverName: undefined,
        serverUrl: undefined,
        attributes: { 'mcp.protocol.version': '2025-06-18', 'network.transport': 'pipe' },
      },
    ],
    [
      'a host, whose address holds credentials',
      { _transport: overHttp('https://user:pass@mcp.example/v1?key=secret#part') },
      undefined,
      {
        serverName: undefined,
        serverUrl: 'https://mcp.example/v1',
        attributes: {
          'mcp.session.id': 's-1',
          'network.transport': 'tcp',
          'network.protocol.name': 'http',
          'server.address': 'mcp.example',
        },
      },
    ],
    [
      'a host by its IP address, with a port, in a version that the transport knows (1.x)',
      { _transport: { _url: new URL('http://[::1]:8080/'), protocolVersion: '2025-03-26' } },
      '2024-11-05',
      {
        serverName: undefined,
        serverUrl: 'http://[::1]:8080/',
        attributes: {
          'mcp.protocol.version': '2025-03-26',
          'network.transport': 'tcp',
          'network.protocol.name': 'http',
          'server.address': '::1',
          'server.port': 8080,
        },
      },
    ],
    [
      'a web socket',
      { _transport: { _url: new URL('wss://mcp.example/socket') } },
      undefined,
      {
        serverName: undefined,
        serverUrl: 'wss://mcp.example/socket',
        attributes: {
          'network.transport': 'tcp',
          'network.protocol.name': 'websocket',
          'server.address': 'mcp.example',
        },
      },
    ],
    [
      'a transport of an unknown shape',
      { _transport: { _url: 'http://mcp.example', sessionId: 5 }, getServerVersion: () => 'x' },
      undefined,
      { serverName: undefined, serverUrl: undefined, attributes: {} },
    ],
  ])('%s', (_what, client, known, expected) => {
    expect(readMcpConnection(client, known)).toStrictEqual(expected);
  });
});
