/** Values of `gen_ai.operation.name` that this package writes. The convention allows no invented ones. */
export const OPERATION_CHAT = 'chat';
export const OPERATION_INVOKE_AGENT = 'invoke_agent';
export const OPERATION_INVOKE_WORKFLOW = 'invoke_workflow';
export const OPERATION_EXECUTE_TOOL = 'execute_tool';

export const OPERATION_TEXT_COMPLETION = 'text_completion';
export const OPERATION_GENERATE_CONTENT = 'generate_content';
export const OPERATION_EMBEDDINGS = 'embeddings';
export const OPERATION_RETRIEVAL = 'retrieval';
export const OPERATION_FETCH_RESPONSE = 'fetch_response';

/** What the convention calls inference: its metrics stand apart from those of other client operations. */
export const INFERENCE_OPERATIONS: ReadonlySet<string> = new Set([
  OPERATION_CHAT,
  OPERATION_TEXT_COMPLETION,
  OPERATION_GENERATE_CONTENT,
]);

/** Values of `gen_ai.operation.name` that stand for one call of a model, ours or another instrumentation's. */
export const MODEL_OPERATIONS: ReadonlySet<string> = new Set([...INFERENCE_OPERATIONS, OPERATION_EMBEDDINGS]);

/**
 * Calls that the convention has no operation for, by what `openai_agents.span.type` says of their spans. The Agents
 * SDK's own names, where it has one.
 */
export const SPAN_TYPE_SPEECH = 'speech';
export const SPAN_TYPE_TRANSCRIPTION = 'transcription';
export const SPAN_TYPE_TRANSLATION = 'translation';
export const SPAN_TYPE_MODERATION = 'moderation';
export const SPAN_TYPE_DECISION = 'decision';
export const SPAN_TYPE_CONVERSATION_ITEMS = 'conversation_items';
/** A connection over which an agent is spoken to: it stands for what a run is elsewhere. */
export const SPAN_TYPE_REALTIME = 'realtime';

/** Those of them in which a model is called. */
export const MODEL_SPAN_TYPES: ReadonlySet<string> = new Set([
  SPAN_TYPE_SPEECH,
  SPAN_TYPE_TRANSCRIPTION,
  SPAN_TYPE_TRANSLATION,
  SPAN_TYPE_MODERATION,
  SPAN_TYPE_DECISION,
]);

/** `{operation} {target}`, or the operation alone where the target is unknown. */
export function spanName(operation: string, target: string | undefined): string {
  return target === undefined || target === '' ? operation : `${operation} ${target}`;
}
