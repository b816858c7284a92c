import { BoundedMap } from '../../bounded-map.js';
import { withZone } from '../../chaukas/utc-timestamp.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { anyMatches, type NamePattern } from '../../text/name-pattern.js';
import type { ReadEvent } from '../input/read-events.js';
import { KNOWN_TYPES, severityRank, shortType, typeName } from './event-type.js';
import { timeOf } from './measures.js';

/** Selects events. An event must pass every criterion; an absent one, or an empty list, lets every event pass. */
export interface EventFilter {
  /** Types without their prefix, in upper case. */
  readonly types?: readonly string[];
  /** Patterns for the name or the id of the agent. */
  readonly agents?: readonly NamePattern[];
  readonly sessions?: readonly NamePattern[];
  readonly traces?: readonly NamePattern[];
  /** Patterns for the name of a tool: its call, and what happens in its span. */
  readonly tools?: readonly NamePattern[];
  /** Lowest severity, as its index in the list of severities. */
  readonly minSeverity?: number;
  /** Milliseconds since the epoch: the first that passes, and the first that does not pass any more. */
  readonly since?: number;
  readonly until?: number;
}

/** Tool spans that are remembered, because only their START has the name. */
const MAX_TOOL_SPANS = 100_000;

/** Applies a filter to events in the order of the input. */
export class EventSelection {
  readonly #filter: EventFilter;
  readonly #toolSpans = new BoundedMap<string, string>(MAX_TOOL_SPANS);

  constructor(filter: EventFilter) {
    this.#filter = filter;
  }

  /** Whether every event passes, so that events need not be parsed. */
  get all(): boolean {
    const { minSeverity = 0, since, until, ...lists } = this.#filter;
    const empty = Object.values(lists).every((list) => list.length === 0);
    return empty && minSeverity === 0 && since === undefined && until === undefined;
  }

  passes(event: ReadEvent): boolean {
    const { tools = [] } = this.#filter;
    // Also of an event that does not pass otherwise: a START may be older than the time that is asked for.
    const tool = tools.length === 0 ? undefined : this.#toolOf(event);
    return this.passesWithTools(event, tool === undefined ? [] : [tool]);
  }

  /** Whether an event passes that stands for calls of these tools. */
  passesWithTools(event: ReadEvent, called: readonly string[]): boolean {
    const { types = [], agents = [], sessions = [], traces = [], tools = [], minSeverity = 0 } = this.#filter;
    if (types.length > 0 && !types.includes(typeName(event).toUpperCase())) return false;
    const { agent_id: id, agent_name: name, session_id: session, trace_id: trace } = event;
    return (
      matches(sessions, [session]) &&
      matches(traces, [trace]) &&
      matches(agents, [id, name]) &&
      matches(tools, called) &&
      (minSeverity === 0 || severityRank(event) >= minSeverity) &&
      this.#isInTime(event)
    );
  }

  #isInTime(event: ReadEvent): boolean {
    const { since, until } = this.#filter;
    if (since === undefined && until === undefined) return true;
    const time = timeOf(event);
    return time !== undefined && time >= (since ?? time) && time < (until ?? Number.POSITIVE_INFINITY);
  }

  #toolOf(event: ReadEvent): string | undefined {
    const span = `${event.session_id} ${event.span_id}`;
    const name = asNonEmptyString(asRecord(event.tool_call)?.name);
    if (name !== undefined) this.#toolSpans.set(span, name);
    return name ?? this.#toolSpans.get(span);
  }
}

function matches(patterns: readonly NamePattern[], values: readonly unknown[]): boolean {
  return patterns.length === 0 || anyMatches(patterns, values.map(asNonEmptyString));
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a time: ISO 8601, which is UTC without a zone, or a duration before now, such as `90s`, `2h` or `1d12h`.
 *
 * @throws TypeError - if it is neither.
 */
export function timeNamed(text: string, now: number): number {
  const duration = /^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text) ? text.matchAll(/([\d.]+)([smhdw])/g) : undefined;
  if (duration !== undefined) {
    const milliseconds = [...duration].map(([, amount, unit = '']) => Number(amount) * (UNITS[unit] ?? 0));
    return now - milliseconds.reduce((sum, part) => sum + part, 0);
  }
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?$/.test(text)
    ? Date.parse(isDate ? text : withZone(text.replace(' ', 'T')))
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new TypeError(
    'It must be a time such as 2026-03-14T09:26:53Z, or a duration such as 90s, 30m, 2h or 1d12h.',
  );
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
