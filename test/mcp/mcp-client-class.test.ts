import { createRequire } from 'node:module';
import * as esm from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { findMcpClientClass } from '../../src/instrumentation/mcp/mcp-hooks.js';

const commonjs = createRequire(import.meta.url)('@modelcontextprotocol/client') as typeof esm;

class Derived extends esm.Client {}

describe('The class of an MCP client', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    ['is found in the module', esm, esm.Client],
    ['is found in the CommonJS module', commonjs, commonjs.Client],
    ['is found in a default export', { default: commonjs }, commonjs.Client],
    ['is found if it is the value itself', esm.Client, esm.Client],
    ['is found if the value is derived from it', Derived, Derived],
    ['is not found in another module', { Client: class {} }, undefined],
    ['is not found in a class that only makes requests', esm.Protocol, undefined],
    ['is not found in `undefined`', undefined, undefined],
  ])('%s', (_what, value, expected) => {
    expect(findMcpClientClass(value)).toBe(expected);
  });

  it('differs between the two builds', () => {
    expect(commonjs.Client).not.toBe(esm.Client);
  });
});
