import type { Attributes } from '@opentelemetry/api';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { Failure } from '../../semconv/failure.js';
import { PENDING_STATUSES } from '../../semconv/operations.js';
import { isReportedError, type ModelResponseDetails, reportedFailure } from '../model-response.js';
import { readUsage } from '../usage.js';

/** Whether the value is a response, whether created, compacted or retrieved. Some servers leave out an empty output. */
export function isResponse(value: unknown): value is UnknownRecord {
  return isRecord(value) && (Array.isArray(value.output) || value.object === 'response');
}

export function readResponsesResponse(value: unknown): ModelResponseDetails | undefined {
  if (!isResponse(value)) return undefined;
  const reason = finishReason(value);
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readUsage(value.usage),
    serviceTier: asNonEmptyString(value.service_tier),
    attributes: compactionAttributes(value),
    ...(isPending(value) && {
      pending: true,
      attributes: { [semconv.ATTR_GEN_AI_RESPONSE_STATUS]: asNonEmptyString(value.status) },
    }),
    failure: responseFailure(value),
  };
}

/** Statuses of a response that will not change any more. */
export const ENDED_STATUSES: ReadonlySet<unknown> = new Set([
  'completed',
  'incomplete',
  'failed',
  'cancelled',
]);

/** Whether the provider makes the response in the background, and has not ended. */
function isPending({ background, status }: UnknownRecord): boolean {
  return background === true && PENDING_STATUSES.has(status);
}

/** Set only if the API compacted the conversation, which is visible by its compaction item. */
function compactionAttributes({ output }: UnknownRecord): Attributes | undefined {
  const compacted = asArray(output).some((item) => asRecord(item)?.type === 'compaction');
  return compacted ? { [semconv.ATTR_GEN_AI_CONVERSATION_COMPACTED]: true } : undefined;
}

function responseFailure(response: UnknownRecord): Failure | undefined {
  const { status, error } = response;
  // A server that sends no status has no other word for the failure.
  return status === 'failed' || (status === undefined && isReportedError(error))
    ? reportedFailure(error, 'the response failed')
    : undefined;
}

/** Items after which the model waits for the client to act. */
const CLIENT_CALLS: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
]);

/**
 * Returns why the model stopped, in the words of Chat Completions. The Responses API has no such member, so this
 * follows the official Python instrumentation: an incomplete response by its reason (which is not an error), a
 * completed one by its items. A queued or running response has no reason yet.
 *
 * There is one answer and therefore one reason. If the model calls one of the client's tools it has not answered yet,
 * whatever text comes with the call.
 */
export function finishReason(response: UnknownRecord): string | undefined {
  switch (response.status) {
    case 'incomplete': {
      const reason = asNonEmptyString(asRecord(response.incomplete_details)?.reason);
      return reason === 'max_output_tokens' || reason === undefined ? 'length' : reason;
    }
    case 'failed':
    case 'cancelled':
      return 'error';
    case 'completed':
      return itemsFinishReason(response) ?? 'stop';
    // A compaction has no status, and compatible servers omit it.
    case undefined:
      return itemsFinishReason(response);
    default:
      return undefined;
  }
}

function itemsFinishReason(response: UnknownRecord): string | undefined {
  // It repeats the conversation's messages, none of which is an answer.
  if (response.object === 'response.compaction') return 'compaction';
  const items = asArray(response.output).filter(isRecord);
  if (items.some((item) => CLIENT_CALLS.has(item.type) && !isAnswered(item, items))) return 'tool_calls';
  if (items.some((item) => item.type === 'message')) return 'stop';
  if (items.some((item) => item.type === 'compaction')) return 'compaction';
  return undefined;
}

/** A call may have been run by the provider, such as one of its shell. Then its result is in the same output. */
function isAnswered(call: UnknownRecord, items: readonly UnknownRecord[]): boolean {
  return items.some((item) => item.type === `${call.type}_output` && item.call_id === call.call_id);
}
