import { createRequire } from 'node:module';
import * as esm from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { findMcpClientClass } from '../../src/instrumentation/mcp/mcp-hooks.js';

const commonjs = createRequire(import.meta.url)('@modelcontextprotocol/client') as typeof esm;

class Derived extends esm.Client {}

describe('the class of an MCP client', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    ['in the module', esm, esm.Client],
    ['in the CommonJS module', commonjs, commonjs.Client],
    ['in a default export', { default: commonjs }, commonjs.Client],
    ['itself', esm.Client, esm.Client],
    ['derived from it', Derived, Derived],
    ['not in another module', { Client: class {} }, undefined],
    ['not what only makes requests', esm.Protocol, undefined],
    ['not in nothing', undefined, undefined],
  ])('%s', (_what, value, expected) => {
    expect(findMcpClientClass(value)).toBe(expected);
  });

  it('is another one in each of the two builds', () => {
    expect(commonjs.Client).not.toBe(esm.Client);
  });
});
