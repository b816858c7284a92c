/**
 * The Agents SDK's objects for MCP servers, which make a client of the MCP SDK when they connect. It loads that SDK
 * itself and late, where no hook may see it: in a bundle, and in CommonJS for 1.x, whose package has no main module
 * (require-in-the-middle 8 passes such packages over).
 */

import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, asRecord, type ForeignRecord } from '../../foreign/read.js';
import type { MethodPatches } from '../method-patches.js';
import { findMcpClientClass } from './mcp-client-class.js';

const SERVER_CLASSES = ['MCPServerStdio', 'MCPServerStreamableHttp', 'MCPServerSSE'] as const;

/**
 * @param agents - the module `@openai/agents` or `@openai/agents-core`.
 * @param found - told the class of each client that is connected, before the application goes on.
 */
export function hookAgentsServers(
  agents: ForeignRecord,
  patches: MethodPatches,
  guard: Guard,
  found: (clientClass: object) => void,
): void {
  for (const name of SERVER_CLASSES) {
    const prototype: unknown = asFunction(agents[name])?.prototype;
    if (typeof prototype !== 'object' || prototype === null) continue;
    patches.apply(
      prototype,
      'connect',
      (connect) =>
        function (this: unknown, ...args) {
          const connected = connect.apply(this, args);
          const then = asFunction(asRecord(connected)?.then);
          if (then === undefined) return connected;
          return then.call(connected, (value: unknown) => {
            guard.run('Finding an MCP client', () => {
              const clientClass = connectedClientClass(this);
              if (clientClass !== undefined) found(clientClass);
            });
            return value;
          });
        },
    );
  }
}

/** Private in the SDK's types, the same in 0.3.9 to 0.20.0. */
function connectedClientClass(server: unknown): object | undefined {
  const client = asRecord(asRecord(asRecord(server)?.underlying)?.session);
  return findMcpClientClass(client?.constructor);
}
