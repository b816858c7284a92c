import {
  ENUM_PREFIXES,
  EVENT_SCHEMA,
  EVENT_TYPES,
  shortEnumName,
  spanEdge,
} from '../../chaukas/event-schema.js';
import type { ReadEvent } from '../input/read-events.js';

/** `AGENT_START`; the number of a type for which the writer's schema had no name. */
export function typeName(event: ReadEvent): string {
  return shortType(String(event.type));
}

export function shortType(type: string): string {
  return shortEnumName('type', type);
}

/** The 19 types, without their prefix. */
export const KNOWN_TYPES: readonly string[] = EVENT_TYPES.map(shortType);

/** Words of the schema, by family of spans or by type of a single event. */
const WORDS: ReadonlyMap<string, string> = new Map(
  EVENT_TYPES.map((type) => [spanEdge(type)?.family ?? shortType(type), EVENT_SCHEMA[type].word]),
);

/** A family of spans or a single event in one word: `MODEL_INVOCATION` is `model`. */
export function shortName(name: string): string {
  return WORDS.get(name) ?? name.toLowerCase().replaceAll('_', ' ');
}

/** Lowest first. */
export const SEVERITIES = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

/** The severity's place in {@link SEVERITIES}: `INFO` if absent, above all if it is of a newer specification. */
export function severityRank(event: ReadEvent): number {
  const { severity } = event;
  if (severity === undefined || severity === 'SEVERITY_UNSPECIFIED') return SEVERITIES.indexOf('INFO');
  const rank = SEVERITIES.findIndex((name) => severity === ENUM_PREFIXES.severity + name);
  return rank === -1 ? SEVERITIES.length : rank;
}
