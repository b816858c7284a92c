import type { AgentHandoff, EventContent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, toJsonObject } from '../../foreign/json.js';
import { asRecord, asText } from '../../foreign/read.js';
import { ATTR_OPENAI_AGENTS_HANDOFF_FROM, ATTR_OPENAI_AGENTS_HANDOFF_TO } from '../../semconv/attributes.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

/** An agent defined in code is identified by its name. The SDK hands over to one agent at a time. */
export function handoffContent(
  span: SpanSnapshot,
  input: JsonValue | undefined,
  includeContent: boolean,
): EventContent {
  const given = includeContent ? input : undefined;
  const from = textAttribute(span, ATTR_OPENAI_AGENTS_HANDOFF_FROM);
  const to = textAttribute(span, ATTR_OPENAI_AGENTS_HANDOFF_TO);
  return {
    agent_handoff: withoutAbsent<AgentHandoff>({
      from_agent_id: from,
      from_agent_name: from,
      to_agent_id: to,
      to_agent_name: to,
      handoff_type: 'sequential',
      handoff_data: given === undefined ? undefined : toJsonObject(given, 'input'),
      reason: asText(asRecord(given)?.reason),
    }),
  };
}

/** Whose turn it is, which the SDK keeps as the run's state. */
export function handoffState(span: SpanSnapshot): EventContent {
  return {
    state_update: withoutAbsent<JsonObject>({
      active_agent: textAttribute(span, ATTR_OPENAI_AGENTS_HANDOFF_TO),
      previous_agent: textAttribute(span, ATTR_OPENAI_AGENTS_HANDOFF_FROM),
    }),
  };
}
