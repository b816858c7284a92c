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

interface NamedToolCall {
  readonly name: string;
  readonly callId: string | undefined;
  /** The value that the tool returned; `undefined` if it is not known. */
  readonly result: unknown;
}

type ToolEventContent = Omit<EventBody, 'type' | 'timestamp'>;

/** The content of an event that is derived from the name of a tool: one row per event type. */
const TOOL_EVENTS: Readonly<
  Record<
    keyof ToolEventPatterns,
    { readonly type: EventType; content(call: NamedToolCall): ToolEventContent }
  >
> = {
  policyDecision: {
    type: 'EVENT_TYPE_POLICY_DECISION',
    content: ({ name, result }) => {
      const outcome = outcomeOf(result);
      return {
        ...(outcome === 'deny' && { severity: 'SEVERITY_WARN' as const }),
        policy: {
          policy_id: name,
          // Without an outcome the decision needs a review.
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
 * The events that the names of tools stand for (option `toolEvents`). No SDK knows what a tool does to data or state, but
 * the application's tool names may show it.
 */
export class ToolEvents {
  readonly #rows: readonly {
    readonly event: (typeof TOOL_EVENTS)[keyof ToolEventPatterns];
    readonly patterns: readonly ToolNamePattern[];
  }[];

  /** @param patterns - validated patterns. */
  constructor(patterns: ToolEventPatterns) {
    this.#rows = (Object.keys(TOOL_EVENTS) as (keyof ToolEventPatterns)[]).flatMap((target) => {
      const names = patterns[target] ?? [];
      return names.length === 0 ? [] : [{ event: TOOL_EVENTS[target], patterns: [...names] }];
    });
  }

  /** @param span - a tool call that completed. */
  of(span: SpanSnapshot, { toolResult }: Pick<OpenSpan, 'toolResult'>, timestamp: string): EventBody[] {
    if (this.#rows.length === 0) return [];
    const name = textAttribute(span, semconv.ATTR_GEN_AI_TOOL_NAME);
    if (name === undefined) return [];
    const call: NamedToolCall = {
      name,
      callId: textAttribute(span, semconv.ATTR_GEN_AI_TOOL_CALL_ID),
      result: toolResult ?? span.attributes[semconv.ATTR_GEN_AI_TOOL_CALL_RESULT],
    };
    return this.#rows.flatMap(({ event, patterns }) => {
      const pattern = patterns.find((candidate) => matches(candidate, name));
      if (pattern === undefined) return [];
      const { metadata, ...content } = event.content(call);
      // Shows that the event is derived from the tool's name.
      const derived = { tool: name, tool_pattern: String(pattern) };
      return [{ type: event.type, timestamp, ...content, metadata: { ...metadata, ...derived } }];
    });
  }
}

/** Returns the outcome that the tool reported, as its result or as the `outcome` member of its result. */
function outcomeOf(result: unknown): ToolOutcome | undefined {
  const value = parseJson(result);
  const word = asNonEmptyString(value) ?? asNonEmptyString(asRecord(value)?.outcome);
  return word === 'allow' || word === 'deny' || word === 'review' ? word : undefined;
}
