import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import {
  describeMcpFailure,
  isAbortedByCaller,
  toolFailure,
} from '../../src/instrumentation/mcp/mcp-failure.js';

/** The error of 1.32. */
class McpError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(`MCP error ${code}: ${message}`);
    this.name = 'McpError';
  }
}

/** The error of the HTTP transport of 1.32, with the status of HTTP. */
class StreamableHTTPError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

describe('The failure of a rejected request is described for', () => {
  it.each<[what: string, error: unknown, expected: object]>([
    [
      'an answer of the server',
      new ProtocolError(-32602, 'Unknown tool: x'),
      { type: '-32602', message: 'Unknown tool: x', plainMessage: 'Invalid params', statusCode: '-32602' },
    ],
    [
      'an answer of the server with a code of its own',
      new ProtocolError(42, 'Out of office'),
      { type: '42', message: 'Out of office', statusCode: '42' },
    ],
    [
      'an answer of the server, 1.x',
      new McpError(-32601, 'Method not found'),
      {
        type: '-32601',
        message: 'MCP error -32601: Method not found',
        plainMessage: 'Method not found',
        statusCode: '-32601',
      },
    ],
    [
      'no answer in time, 1.x, whose code does not come from the server',
      new McpError(-32001, 'Request timed out'),
      {
        type: 'REQUEST_TIMEOUT',
        message: 'MCP error -32001: Request timed out',
        plainMessage: 'Request timed out',
      },
    ],
    [
      'a closed connection, 1.x',
      new McpError(-32000, 'Connection closed'),
      {
        type: 'CONNECTION_CLOSED',
        message: 'MCP error -32000: Connection closed',
        plainMessage: 'Connection closed',
      },
    ],
    [
      'a closed connection',
      new SdkError(SdkErrorCode.ConnectionClosed, 'Connection closed'),
      { type: 'CONNECTION_CLOSED', message: 'Connection closed' },
    ],
    [
      'a status of HTTP, which is not a code of the protocol',
      new StreamableHTTPError(404, 'Not found'),
      { type: '404', message: 'Not found', plainMessage: '404 Not Found' },
    ],
    ['a transport that fails', new TypeError('fetch failed'), { type: 'TypeError', message: 'fetch failed' }],
    [
      'a text that quotes a key',
      new ProtocolError(-32000, 'Bearer abcdefgh is no user'),
      { type: '-32000', message: 'Bearer [REDACTED] is no user', statusCode: '-32000' },
    ],
    ['nothing', undefined, { type: '_OTHER', message: 'undefined' }],
    [
      'an error that cannot be read',
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

describe('The answer of a tool', () => {
  it.each<[what: string, result: unknown, expected: object | undefined]>([
    [
      'with isError is a failure',
      { content: [{ type: 'text', text: 'the disk is full' }], isError: true },
      {
        type: 'tool_error',
        message: 'the tool answered with an error (isError)',
        plainMessage: 'the tool answered with an error (isError)',
      },
    ],
    ['without an error is not a failure', { content: [], isError: false }, undefined],
    ['without isError is not a failure', { content: [] }, undefined],
    ['with another isError is not a failure', { isError: 'true' }, undefined],
    ['that is undefined is not a failure', undefined, undefined],
  ])('%s', (_what, result, expected) => {
    expect(toolFailure(result)).toStrictEqual(expected);
  });
});

describe('A request counts as aborted by its caller:', () => {
  const aborted = (reason?: unknown) => AbortSignal.abort(reason);
  it.each<[what: string, args: unknown[], expected: boolean]>([
    ['with a signal in its options', [{}, { signal: aborted() }], true],
    ['with a signal after a schema', [{}, {}, { signal: aborted('no more') }], true],
    ['not with a signal that has not fired', [{}, { signal: new AbortController().signal }], false],
    ['not with a time limit', [{}, { signal: aborted(new DOMException('late', 'TimeoutError')) }], false],
    ['not without options', [{}], false],
    ['not with a signal in the request itself', [{ signal: aborted() }], false],
  ])('%s', (_what, args, expected) => {
    expect(isAbortedByCaller(args)).toBe(expected);
  });
});
