/** Values of `gen_ai.operation.name` that this package writes. The convention does not allow invented values. */
export const OPERATION_CHAT = 'chat';
export const OPERATION_INVOKE_AGENT = 'invoke_agent';
export const OPERATION_INVOKE_WORKFLOW = 'invoke_workflow';
export const OPERATION_EXECUTE_TOOL = 'execute_tool';

export const OPERATION_TEXT_COMPLETION = 'text_completion';
export const OPERATION_GENERATE_CONTENT = 'generate_content';
export const OPERATION_EMBEDDINGS = 'embeddings';
export const OPERATION_RETRIEVAL = 'retrieval';
export const OPERATION_FETCH_RESPONSE = 'fetch_response';

/** Operations that the convention calls inference. They have metrics of their own. */
export const INFERENCE_OPERATIONS: ReadonlySet<string> = new Set([
  OPERATION_CHAT,
  OPERATION_TEXT_COMPLETION,
  OPERATION_GENERATE_CONTENT,
]);

/** Values of `gen_ai.operation.name` for one model call, recorded by this or another instrumentation. */
export const MODEL_OPERATIONS: ReadonlySet<string> = new Set([...INFERENCE_OPERATIONS, OPERATION_EMBEDDINGS]);

/**
 * Values of `openai_agents.span.type` for calls that the convention has no operation for. They are the Agents SDK's
 * names, if it has one.
 */
export const SPAN_TYPE_SPEECH = 'speech';
export const SPAN_TYPE_TRANSCRIPTION = 'transcription';
export const SPAN_TYPE_TRANSLATION = 'translation';
export const SPAN_TYPE_MODERATION = 'moderation';
export const SPAN_TYPE_DECISION = 'decision';
export const SPAN_TYPE_CONVERSATION_ITEMS = 'conversation_items';
/** A tool call that the provider runs itself. The convention has the name for the parts of messages that show it. */
export const SPAN_TYPE_SERVER_TOOL_CALL = 'server_tool_call';
/** A request of the client that calls no model. */
export const SPAN_TYPE_REQUEST = 'request';
/** A realtime connection, which takes the place of a run. */
export const SPAN_TYPE_REALTIME = 'realtime';

/** Span types for one model call. */
export const MODEL_SPAN_TYPES: ReadonlySet<string> = new Set([
  SPAN_TYPE_SPEECH,
  SPAN_TYPE_TRANSCRIPTION,
  SPAN_TYPE_TRANSLATION,
  SPAN_TYPE_MODERATION,
  SPAN_TYPE_DECISION,
]);

/** Returns `{operation} {target}`, or the operation alone if the target is unknown. */
export function spanName(operation: string, target: string | undefined): string {
  return target === undefined || target === '' ? operation : `${operation} ${target}`;
}

/** Values of `gen_ai.response.status` of a response that is still being made. */
export const PENDING_STATUSES: ReadonlySet<unknown> = new Set(['queued', 'in_progress']);

/** The value of `gen_ai.tool.type` for a tool that runs in this process. */
export const TOOL_TYPE_FUNCTION = 'function';
