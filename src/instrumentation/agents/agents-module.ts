import { asMembers, type ForeignRecord } from '../../foreign/read.js';

/** The module `@openai/agents` or `@openai/agents-core` in whatever the module system made of it. */
export function findAgentsModule(value: unknown): ForeignRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.getGlobalTraceProvider === 'function');
}
