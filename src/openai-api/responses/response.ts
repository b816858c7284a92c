import type { Attributes } from '@opentelemetry/api';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import type { ModelResponse } from '../model-response.js';
import { readResponsesUsage } from '../usage.js';

interface ResponseRecord extends UnknownRecord {
  readonly output: readonly unknown[];
}

/** Whether this is a response, be it plain, compacted or fetched. */
export function isResponse(value: unknown): value is ResponseRecord {
  return isRecord(value) && Array.isArray(value.output);
}

export function readResponsesResponse(value: unknown): ModelResponse | undefined {
  if (!isResponse(value)) return undefined;
  const reason = finishReason(value);
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readResponsesUsage(value.usage),
    serviceTier: asNonEmptyString(value.service_tier),
    attributes: compactionAttributes(value),
    failure: responseFailure(value),
  };
}

/** The convention has it only where the API says that it compacted the conversation, by the item that came of it. */
function compactionAttributes({ output }: ResponseRecord): Attributes | undefined {
  const compacted = output.some((item) => asRecord(item)?.type === 'compaction');
  return compacted ? { [semconv.ATTR_GEN_AI_CONVERSATION_COMPACTED]: true } : undefined;
}

function responseFailure(response: UnknownRecord): Failure | undefined {
  if (response.status !== 'failed') return undefined;
  const error = asRecord(response.error);
  return failure(
    asNonEmptyString(error?.code) ?? semconv.ERROR_TYPE_OTHER,
    asNonEmptyString(error?.message) ?? 'The response failed',
  );
}

/** Items with which the model waits for the client to do something. */
const CLIENT_CALLS: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
]);

/**
 * Why the model stopped. The Responses API does not say, so this reads as the official Python instrumentation does,
 * in the words of Chat Completions: an incomplete response by its reason (which is not an error), a completed one by
 * its items. A queued or running one has no reason yet.
 *
 * There is one answer and so one reason: who is asked to call a tool has not been answered, whatever text comes with
 * the call.
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
    // A compaction has no status, and compatible servers leave it out.
    case undefined:
      return itemsFinishReason(response);
    default:
      return undefined;
  }
}

function itemsFinishReason(response: UnknownRecord): string | undefined {
  // It repeats the conversation's messages, of which none is an answer.
  if (response.object === 'response.compaction') return 'compaction';
  const items = asArray(response.output).filter(isRecord);
  if (items.some((item) => CLIENT_CALLS.has(item.type) && !isAnswered(item, items))) return 'tool_calls';
  if (items.some((item) => item.type === 'message')) return 'stop';
  if (items.some((item) => item.type === 'compaction')) return 'compaction';
  return undefined;
}

/** A shell, for one, may be the provider's: then what the call gave back stands in the same output. */
function isAnswered(call: UnknownRecord, items: readonly UnknownRecord[]): boolean {
  return items.some((item) => item.type === `${call.type}_output` && item.call_id === call.call_id);
}
