import { asText } from '../../foreign/read.js';
import { typeName } from '../events/event-type.js';
import { anyMatches, type NamePattern } from '../events/name-pattern.js';
import { severityRank } from '../events/severity.js';
import type { ReadEvent } from '../input/parse-event.js';

/** Which events are shown: those that pass each of these; a list that is empty lets everything pass. */
export interface EventFilter {
  /** Without prefix, in capitals. */
  readonly types: readonly string[];
  /** By name or identifier. */
  readonly agents: readonly NamePattern[];
  readonly sessions: readonly NamePattern[];
  /** The lowest severity, as its place in the list of them; 0 lets everything pass. */
  readonly minSeverity: number;
}

export function passes(event: ReadEvent, { types, agents, sessions, minSeverity }: EventFilter): boolean {
  if (types.length > 0 && !types.includes(typeName(event).toUpperCase())) return false;
  if (sessions.length > 0 && !anyMatches(sessions, [asText(event.session_id)])) return false;
  if (agents.length > 0 && !anyMatches(agents, [asText(event.agent_id), asText(event.agent_name)]))
    return false;
  return minSeverity === 0 || severityRank(event) >= minSeverity;
}

/** Whether every event passes, so that none has to be looked at. */
export function passesAll({ types, agents, sessions, minSeverity }: EventFilter): boolean {
  return types.length === 0 && agents.length === 0 && sessions.length === 0 && minSeverity === 0;
}
