import { describe, expect, it } from 'vitest';
import { readServerLabel } from '../../src/openai-api/mcp-server.js';

describe('A server has the label', () => {
  it.each<[what: string, value: unknown, expected: string | undefined]>([
    ['that the application gave', 'sums', 'sums'],
    ['of its process', 'stdio: npx', 'stdio: npx'],
    ['that is an address', 'https://mcp.example/v1', 'https://mcp.example/v1'],
    [
      'that is an address with a key',
      'streamable-http: https://user:pass@mcp.example:8080/v1?key=secret#part',
      'streamable-http: https://mcp.example:8080/v1',
    ],
    ['that is an address over SSE', 'sse: http://mcp.example/sse?token=x', 'sse: http://mcp.example/sse'],
    [
      'of its command without credentials',
      'stdio: npx files --token abc --port 1',
      'stdio: npx files --token [REDACTED] --port 1',
    ],
    [
      'of its command without a password',
      'stdio: files --db-password=hunter22',
      'stdio: files --db-password=[REDACTED]',
    ],
    ['without a key in it', 'files sk-proj-abcdefghijklmnop', 'files sk-[REDACTED]'],
    [
      'without the user in an address',
      'mirror of ftp://bob:hunter22@files.example/',
      'mirror of ftp://[REDACTED]@files.example/',
    ],
    ['that only looks like an address', 'https://[', 'https://['],
    ['that has an address in it', 'mirror of https://mcp.example/?a=b', 'mirror of https://mcp.example/?a=b'],
    ['`undefined` if it is not a text', 5, undefined],
    ['`undefined` if it is empty', '', undefined],
  ])('%s', (_what, value, expected) => {
    expect(readServerLabel(value)).toBe(expected);
  });
});
