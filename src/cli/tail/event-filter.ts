import { asNonEmptyString } from '../../json/readers.js';
import { anyMatches, type NamePattern } from '../../text/name-pattern.js';
import { KNOWN_TYPES, severityRank, shortType, typeName } from '../events/event-type.js';
import type { ReadEvent } from '../input/read-events.js';

/** Selects the events to show. An event must pass every criterion; an empty list lets every event pass. */
export interface EventFilter {
  /** Types without their prefix, in upper case. */
  readonly types: readonly string[];
  /** Patterns for the name or the id of the agent. */
  readonly agents: readonly NamePattern[];
  readonly sessions: readonly NamePattern[];
  /** Lowest severity, as its index in the list of severities; 0 lets every event pass. */
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

/** Whether every event passes, so that events need not be parsed. */
export function passesAll({ types, agents, sessions, minSeverity }: EventFilter): boolean {
  return types.length === 0 && agents.length === 0 && sessions.length === 0 && minSeverity === 0;
}

/**
 * Returns the types that a name in a filter stands for. A name may be short or full and in any case, and `TOOL_CALL` stands
 * for its START and END. An unknown short name is an error; an unknown full name may be of a newer specification.
 *
 * @throws TypeError - for an unknown name; the message lists the known types.
 */
export function typesNamed(name: string): string[] {
  const upperCase = name.trim().toUpperCase();
  const short = shortType(upperCase);
  if (KNOWN_TYPES.includes(short)) return [short];
  const pair = [`${short}_START`, `${short}_END`];
  if (pair.every((type) => KNOWN_TYPES.includes(type))) return pair;
  if (upperCase !== short && short !== '') return [short];
  throw new TypeError(
    `unknown event type "${name}"; use one of ${KNOWN_TYPES.join(', ')}, a pair such as TOOL_CALL, ` +
      'or the full name (EVENT_TYPE_…) for a type of a newer specification',
  );
}
