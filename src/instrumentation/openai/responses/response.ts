import { asArray, asInteger, asRecord, asText, isRecord } from '../../../foreign/read.js';
import { ERROR_TYPE_OTHER } from '../../../semconv/attributes.js';
import { type Failure, failure } from '../../failure.js';
import type { ModelResponse, Usage } from '../model-response.js';

export function readResponsesResponse(value: unknown): ModelResponse | undefined {
  if (!isRecord(value) || !Array.isArray(value.output)) return undefined;
  return {
    id: asText(value.id),
    model: asText(value.model),
    finishReasons: finishReasons(value),
    usage: readResponsesUsage(value.usage),
    serviceTier: asText(value.service_tier),
    failure: responseFailure(value),
  };
}

function readResponsesUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const input = asRecord(value.input_tokens_details);
  const output = asRecord(value.output_tokens_details);
  return {
    inputTokens: asInteger(value.input_tokens),
    outputTokens: asInteger(value.output_tokens),
    cacheReadInputTokens: asInteger(input?.cached_tokens),
    cacheWriteInputTokens: asInteger(input?.cache_write_tokens),
    reasoningOutputTokens: asInteger(output?.reasoning_tokens),
  };
}

/**
 * The Responses API has no finish reason. As the official Python instrumentation reads it: `incomplete` by its
 * reason (not an error), a completed one by what its items are, a queued or running one has none yet.
 */
function finishReasons(response: Readonly<Record<string, unknown>>): string[] {
  switch (response.status) {
    case 'incomplete': {
      const reason = asText(asRecord(response.incomplete_details)?.reason);
      return [reason === 'max_output_tokens' || reason === undefined ? 'length' : reason];
    }
    case 'failed':
    case 'cancelled':
      return ['error'];
    case 'completed':
    case undefined:
      return [...new Set(asArray(response.output).map(itemFinishReason))].filter(
        (reason) => reason !== undefined,
      );
    default:
      return [];
  }
}

function itemFinishReason(item: unknown): string | undefined {
  switch (asRecord(item)?.type) {
    case 'message':
      return 'stop';
    case 'function_call':
    case 'custom_tool_call':
    case 'computer_call':
    case 'local_shell_call':
    case 'shell_call':
    case 'apply_patch_call':
      return 'tool_calls';
    default:
      return undefined;
  }
}

function responseFailure(response: Readonly<Record<string, unknown>>): Failure | undefined {
  if (response.status !== 'failed') return undefined;
  const error = asRecord(response.error);
  return failure(asText(error?.code) ?? ERROR_TYPE_OTHER, asText(error?.message) ?? 'The response failed');
}
