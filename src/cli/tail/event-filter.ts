import { asNonEmptyString } from '../../json/readers.js';
import { anyMatches, type NamePattern } from '../../text/name-pattern.js';
import { KNOWN_TYPES, severityRank, shortType, typeName } from '../events/event-type.js';
import type { ReadEvent } from '../input/read-events.js';

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
  if (sessions.length > 0 && !anyMatches(sessions, [asNonEmptyString(event.session_id)])) return false;
  if (
    agents.length > 0 &&
    !anyMatches(agents, [asNonEmptyString(event.agent_id), asNonEmptyString(event.agent_name)])
  )
    return false;
  return minSeverity === 0 || severityRank(event) >= minSeverity;
}

/** Whether every event passes, so that none has to be looked at. */
export function passesAll({ types, agents, sessions, minSeverity }: EventFilter): boolean {
  return types.length === 0 && agents.length === 0 && sessions.length === 0 && minSeverity === 0;
}

/**
 * The types that a filter names: short or in full, in any case, or a pair by what its START and END have in common.
 * A short name that is none of the spec's is a slip; in full it may be of a newer spec.
 *
 * @throws TypeError - naming the ones that there are.
 */
export function typesNamed(name: string): string[] {
  const given = name.trim().toUpperCase();
  const short = shortType(given);
  if (KNOWN_TYPES.includes(short)) return [short];
  const pair = [`${short}_START`, `${short}_END`];
  if (pair.every((type) => KNOWN_TYPES.includes(type))) return pair;
  if (given !== short && short !== '') return [short];
  throw new TypeError(
    `"${name}" is no event type; take one of ${KNOWN_TYPES.join(', ')}, ` +
      'or a pair such as TOOL_CALL; one of a newer spec in full, as EVENT_TYPE_…',
  );
}
