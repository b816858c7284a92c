import { asMembers } from '../../foreign/read.js';

/**
 * The class `Client` of an MCP SDK in whatever the module system made of it, or the class itself, or one derived from
 * it: of `@modelcontextprotocol/client` (2.x) or `@modelcontextprotocol/sdk/client/index.js` (1.x).
 */
export function findMcpClientClass(value: unknown): object | undefined {
  const members = asMembers(value);
  const candidates = [value, members?.Client, asMembers(members?.default)?.Client];
  return candidates.find(isClientClass);
}

/** What a request goes through, and what tells the class from others that make requests. */
function isClientClass(value: unknown): value is object {
  if (typeof value !== 'function') return false;
  const prototype = asMembers(value.prototype);
  return typeof prototype?.request === 'function' && typeof prototype.callTool === 'function';
}
