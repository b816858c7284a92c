/** Values of `gen_ai.operation.name` that this package writes. The convention allows no invented ones. */
export const OPERATION_CHAT = 'chat';
export const OPERATION_INVOKE_AGENT = 'invoke_agent';
export const OPERATION_INVOKE_WORKFLOW = 'invoke_workflow';
export const OPERATION_EXECUTE_TOOL = 'execute_tool';

/** Values of `gen_ai.operation.name` that stand for one call of a model, ours or another instrumentation's. */
export const MODEL_OPERATIONS: ReadonlySet<string> = new Set([
  OPERATION_CHAT,
  'text_completion',
  'generate_content',
  'embeddings',
]);

/** `{operation} {target}`, or the operation alone where the target is unknown. */
export function spanName(operation: string, target: string | undefined): string {
  return target === undefined || target === '' ? operation : `${operation} ${target}`;
}
