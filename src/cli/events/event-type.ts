import { EVENT_TYPES } from '../../chaukas/event.js';
import type { ReadEvent } from '../input/read-events.js';

const TYPE_PREFIX = 'EVENT_TYPE_';

/** `AGENT_START`; of a type that the schema of the writer had no name for, its number. */
export function typeName(event: ReadEvent): string {
  return shortType(String(event.type));
}

export function shortType(type: string): string {
  return type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type;
}

/** The 19 types, without their prefix. */
export const KNOWN_TYPES: readonly string[] = EVENT_TYPES.map(shortType);

/** Whether an event begins or ends a span, and which family of spans; types of a newer spec included. */
export interface SpanEdge {
  readonly family: string;
  readonly edge: 'start' | 'end';
}

/** The same few types come over and over again. */
const edges = new Map<string, SpanEdge | undefined>();
const MAX_KEPT = 1000;

export function spanEdge(type: string): SpanEdge | undefined {
  if (edges.has(type)) return edges.get(type);
  const [, family, edge] = /^(.+)_(START|END)$/.exec(type) ?? [];
  const found =
    family === undefined ? undefined : ({ family, edge: edge === 'START' ? 'start' : 'end' } as const);
  if (edges.size < MAX_KEPT) edges.set(type, found);
  return found;
}

/** What a family of spans or a single event is called in a line: `MODEL_INVOCATION` is `model`. */
export function shortName(name: string): string {
  return Object.hasOwn(WORDS, name) ? (WORDS[name] ?? name) : name.toLowerCase().replaceAll('_', ' ');
}

const WORDS: Readonly<Record<string, string>> = {
  MODEL_INVOCATION: 'model',
  TOOL_CALL: 'tool',
  MCP_CALL: 'mcp',
  AGENT_HANDOFF: 'handoff',
  INPUT_RECEIVED: 'input',
  OUTPUT_EMITTED: 'output',
  POLICY_DECISION: 'policy',
  DATA_ACCESS: 'data',
  STATE_UPDATE: 'state',
};

/** Lowest first. */
export const SEVERITIES = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

const PREFIX = 'SEVERITY_';

/** The severity's place in {@link SEVERITIES}; absent is `INFO`, one that a newer spec has is above all. */
export function severityRank(event: ReadEvent): number {
  const { severity } = event;
  if (severity === undefined || severity === 'SEVERITY_UNSPECIFIED') return SEVERITIES.indexOf('INFO');
  const rank = SEVERITIES.findIndex((name) => severity === PREFIX + name);
  return rank === -1 ? SEVERITIES.length : rank;
}
