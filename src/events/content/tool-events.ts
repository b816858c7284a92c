import type { EventType } from '../../chaukas/event.js';
import { parseJson } from '../../json/json.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { EventBody } from '../event-body.js';
import type { OpenSpan } from '../open-span.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';
import { matches, type ToolEventPatterns, type ToolNamePattern } from '../tool-name-patterns.js';

type ToolOutcome = 'allow' | 'deny' | 'review';

interface ToolCallSeen {
  readonly name: string;
  readonly callId: string | undefined;
  /** What the tool gave back, where that is known. */
  readonly result: unknown;
}

type ToolEventContent = Omit<EventBody, 'type' | 'timestamp'>;

/** What the call of a tool tells when all that is known of it is its name; one row an event type. */
const TOOL_EVENTS: Readonly<
  Record<keyof ToolEventPatterns, { readonly type: EventType; content(call: ToolCallSeen): ToolEventContent }>
> = {
  policyDecision: {
    type: 'EVENT_TYPE_POLICY_DECISION',
    content: ({ name, result }) => {
      const outcome = outcomeOf(result);
      return {
        ...(outcome === 'deny' && { severity: 'SEVERITY_WARN' as const }),
        policy: {
          policy_id: name,
          // Neither a yes nor a no: somebody has to look at it.
          outcome: outcome ?? 'review',
          rationale: outcome === undefined ? 'the tool gave no outcome' : 'outcome of the tool',
        },
      };
    },
  },
  dataAccess: {
    type: 'EVENT_TYPE_DATA_ACCESS',
    content: ({ name }) => ({ data_access: { datasource: name } }),
  },
  stateUpdate: {
    type: 'EVENT_TYPE_STATE_UPDATE',
    content: ({ name, callId }) => ({ state_update: withoutAbsent({ tool: name, tool_call_id: callId }) }),
  },
  system: {
    type: 'EVENT_TYPE_SYSTEM',
    content: ({ name }) => ({ metadata: { message: `tool ${name} was called` } }),
  },
};

/**
 * The events that the names of tools stand for (option `toolEvents`): what a tool does to data or state no SDK can
 * tell, but the application's own names may.
 */
export class ToolEvents {
  readonly #rows: readonly {
    readonly event: (typeof TOOL_EVENTS)[keyof ToolEventPatterns];
    readonly patterns: readonly ToolNamePattern[];
  }[];

  /** @param patterns - as they were validated. */
  constructor(patterns: ToolEventPatterns) {
    this.#rows = (Object.keys(TOOL_EVENTS) as (keyof ToolEventPatterns)[]).flatMap((target) => {
      const given = patterns[target];
      return given === undefined || given.length === 0
        ? []
        : [{ event: TOOL_EVENTS[target], patterns: [...given] }];
    });
  }

  /** @param span - a tool call that has ended, and did not fail. */
  of(span: SpanSnapshot, { toolResult }: Pick<OpenSpan, 'toolResult'>, timestamp: string): EventBody[] {
    if (this.#rows.length === 0) return [];
    const name = textAttribute(span, semconv.ATTR_GEN_AI_TOOL_NAME);
    if (name === undefined) return [];
    const call: ToolCallSeen = {
      name,
      callId: textAttribute(span, semconv.ATTR_GEN_AI_TOOL_CALL_ID),
      result: toolResult ?? span.attributes[semconv.ATTR_GEN_AI_TOOL_CALL_RESULT],
    };
    return this.#rows.flatMap(({ event, patterns }) => {
      const pattern = patterns.find((candidate) => matches(candidate, name));
      if (pattern === undefined) return [];
      const { metadata, ...content } = event.content(call);
      // So that nobody takes it for more than it is.
      const derived = { tool: name, tool_pattern: String(pattern) };
      return [{ type: event.type, timestamp, ...content, metadata: { ...metadata, ...derived } }];
    });
  }
}

/** The tool's own word, where it has one: as its result, or as the result's `outcome`. */
function outcomeOf(result: unknown): ToolOutcome | undefined {
  const value = parseJson(result);
  const word = asNonEmptyString(value) ?? asNonEmptyString(asRecord(value)?.outcome);
  return word === 'allow' || word === 'deny' || word === 'review' ? word : undefined;
}
