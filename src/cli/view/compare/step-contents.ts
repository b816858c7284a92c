/**
 * What the events of a step say, apart from what differs in each run: times, ids of calls, responses and messages. Pure,
 * since the page shows the same contents as the server compares.
 */
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../../json/readers.js';

/** `arguments` is what a step was given, `text` the messages it was given or is, and `result` what came of it. */
export const CONTENT_PARTS = ['arguments', 'text', 'result'] as const;

export type StepContentPart = (typeof CONTENT_PARTS)[number];

export type StepContents = Readonly<Partial<Record<StepContentPart, unknown>>>;

/** Reads the contents of a step from its events; a part is absent if no event has it. */
export function stepContents(events: readonly UnknownRecord[]): StepContents {
  const parts: Record<StepContentPart, unknown[]> = { arguments: [], text: [], result: [] };
  for (const event of events) {
    for (const [part, value] of Object.entries(eventContents(event))) {
      if (value !== undefined) parts[part as StepContentPart].push(value);
    }
  }
  return Object.fromEntries(
    CONTENT_PARTS.flatMap((part) => {
      const [only, ...others] = parts[part];
      if (only === undefined) return [];
      // A START and an END repeat some members of a request, and the END has the final ones.
      const records = parts[part].flatMap((value) => asRecord(value) ?? []);
      const merged =
        records.length === parts[part].length ? Object.assign({}, ...records) : [only, ...others];
      return [[part, others.length === 0 ? only : merged]];
    }),
  );
}

function eventContents(event: UnknownRecord): Partial<Record<StepContentPart, unknown>> {
  const call = asRecord(event.llm_invocation);
  if (call !== undefined) return modelContents(call);
  const tool = asRecord(event.tool_call);
  if (tool !== undefined) return { arguments: tool.arguments };
  const response = asRecord(event.tool_response);
  if (response !== undefined) return { result: pick(response, ['output', 'error_message', 'http_status']) };
  const mcp = asRecord(event.mcp_call);
  if (mcp !== undefined) return { arguments: mcp.request, result: mcp.response };
  const message = asRecord(event.message);
  if (message !== undefined) return { text: asNonEmptyString(message.text) };
  const { policy, error, agent_handoff: handoff, state_update: state, data_access: access, retry } = event;
  const single = policy ?? error ?? handoff ?? state ?? access ?? retry;
  if (single !== undefined) return { result: single };
  // An agent's instructions and tools are in the metadata of its START; that of other events is about the run.
  return event.type === 'EVENT_TYPE_AGENT_START' ? { arguments: event.metadata } : {};
}

function modelContents(call: UnknownRecord): Partial<Record<StepContentPart, unknown>> {
  const { messages, system_instructions: instructions, ...request } = asRecord(call.request) ?? {};
  const response = asRecord(call.response);
  const asked = {
    instructions,
    messages: messages === undefined ? undefined : asArray(messages).map(withoutIds),
  };
  const answered = {
    messages: response?.messages === undefined ? undefined : asArray(response.messages).map(withoutIds),
    finish_reason: call.finish_reason,
  };
  return { arguments: filled(request), text: filled(asked), result: filled(answered) };
}

/** The members that have a value; `undefined` if none has. */
function filled(members: UnknownRecord): UnknownRecord | undefined {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function pick(record: UnknownRecord, names: readonly string[]): UnknownRecord | undefined {
  return filled(Object.fromEntries(names.map((name) => [name, record[name]])));
}

/** A message without the ids of itself and of its parts. Arguments of a tool may have an `id` that matters. */
function withoutIds(value: unknown): unknown {
  const message = asRecord(value);
  if (message === undefined) return value;
  const { id, tool_call_id, call_id, ...kept } = message;
  if (!Array.isArray(kept.content) && !Array.isArray(kept.parts)) return kept;
  const parts = (list: unknown): unknown =>
    Array.isArray(list)
      ? list.map((part: unknown) => {
          const record = asRecord(part);
          if (record === undefined) return part;
          const { id: partId, tool_call_id: toolCallId, call_id: callId, ...rest } = record;
          return rest;
        })
      : list;
  return {
    ...kept,
    ...(kept.content !== undefined && { content: parts(kept.content) }),
    ...(kept.parts !== undefined && { parts: parts(kept.parts) }),
  };
}
