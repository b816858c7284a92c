import { asMembers, type ForeignRecord } from '../../foreign/read.js';

/** The module `@openai/agents/realtime` or `@openai/agents-realtime` in whatever the module system made of it. */
export function findRealtimeModule(value: unknown): ForeignRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.RealtimeSession === 'function');
}
