import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { describeMcpFailure, isGivenUp, toolFailure } from '../../src/instrumentation/mcp/mcp-failure.js';

/** As 1.32 makes it. */
class McpError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(`MCP error ${code}: ${message}`);
    this.name = 'McpError';
  }
}

/** As the HTTP transport of 1.32 makes it, with the status of HTTP. */
class StreamableHTTPError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

describe('a request that is rejected', () => {
  it.each<[what: string, error: unknown, expected: object]>([
    [
      'an answer of the server',
      new ProtocolError(-32602, 'Unknown tool: x'),
      { type: '-32602', message: 'Unknown tool: x', statusCode: '-32602' },
    ],
    [
      'an answer of the server with a code of its own',
      new ProtocolError(42, 'Out of office'),
      { type: '42', message: 'Out of office', statusCode: '42' },
    ],
    [
      'an answer of the server, 1.x',
      new McpError(-32601, 'Method not found'),
      { type: '-32601', message: 'MCP error -32601: Method not found', statusCode: '-32601' },
    ],
    [
      'no answer in time, 1.x: the code is of this side',
      new McpError(-32001, 'Request timed out'),
      { type: '-32001', message: 'MCP error -32001: Request timed out' },
    ],
    [
      'the connection closed, 1.x',
      new McpError(-32000, 'Connection closed'),
      { type: '-32000', message: 'MCP error -32000: Connection closed' },
    ],
    [
      'the connection closed',
      new SdkError(SdkErrorCode.ConnectionClosed, 'Connection closed'),
      { type: 'CONNECTION_CLOSED', message: 'Connection closed' },
    ],
    [
      'a status of HTTP is no code of the protocol',
      new StreamableHTTPError(404, 'Not found'),
      { type: 'StreamableHTTPError', message: 'Not found' },
    ],
    ['a transport that fails', new TypeError('fetch failed'), { type: 'TypeError', message: 'fetch failed' }],
    [
      'a text that quotes a key',
      new ProtocolError(-32000, 'Bearer abcdefgh is no user'),
      { type: '-32000', message: 'Bearer [REDACTED] is no user', statusCode: '-32000' },
    ],
    ['nothing', undefined, { type: '_OTHER', message: 'undefined' }],
    [
      'what cannot be read',
      Object.defineProperty({}, 'name', {
        get() {
          throw new Error('no');
        },
      }),
      { type: 'Object', message: 'Object' },
    ],
  ])('%s', (_what, error, expected) => {
    expect(describeMcpFailure(error)).toStrictEqual(expected);
  });
});

describe('a tool that answered', () => {
  it.each<[what: string, result: unknown, expected: object | undefined]>([
    [
      'and failed',
      { content: [{ type: 'text', text: 'the disk is full' }], isError: true },
      { type: 'tool_error', message: 'the tool answered with an error (isError)' },
    ],
    ['and did not fail', { content: [], isError: false }, undefined],
    ['and says nothing of it', { content: [] }, undefined],
    ['with something else', { isError: 'true' }, undefined],
    ['with nothing', undefined, undefined],
  ])('%s', (_what, result, expected) => {
    expect(toolFailure(result)).toStrictEqual(expected);
  });
});

describe('a request was given up', () => {
  const aborted = (reason?: unknown) => AbortSignal.abort(reason);
  it.each<[what: string, args: unknown[], expected: boolean]>([
    ['by a signal in its options', [{}, { signal: aborted() }], true],
    ['by a signal behind a schema', [{}, {}, { signal: aborted('no more') }], true],
    ['not by one that has not fired', [{}, { signal: new AbortController().signal }], false],
    ['not by a time limit', [{}, { signal: aborted(new DOMException('late', 'TimeoutError')) }], false],
    ['not without options', [{}], false],
    ['not by what is in the request', [{ signal: aborted() }], false],
  ])('%s', (_what, args, expected) => {
    expect(isGivenUp(args)).toBe(expected);
  });
});
