import type { EventContent, ToolCall, ToolResponse } from '../../chaukas/event.js';
import { inObject, type JsonObject, type JsonValue, parseJson, toJsonObject } from '../../json/json.js';
import { sparse } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { ToolRequestDetails } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';
import { executionMillis } from './performance.js';

export function toolStartContent(
  span: SpanSnapshot,
  details: ToolRequestDetails | undefined,
  includeContent: boolean,
): EventContent {
  const name = textAttribute(span, semconv.ATTR_GEN_AI_TOOL_NAME);
  return {
    tool_call: sparse<ToolCall>({
      arguments: includeContent
        ? content(details?.arguments, span, semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS, 'input')
        : undefined,
      function_name: name,
      id: textAttribute(span, semconv.ATTR_GEN_AI_TOOL_CALL_ID),
      name,
    }),
  };
}

export function toolEndContent(
  span: SpanSnapshot,
  result: JsonValue | undefined,
  errorMessage: string | undefined,
  includeContent: boolean,
): EventContent {
  return {
    tool_response: sparse<ToolResponse>({
      error_message: errorMessage,
      execution_time_ms: executionMillis(span),
      output: includeContent
        ? content(result, span, semconv.ATTR_GEN_AI_TOOL_CALL_RESULT, 'output')
        : undefined,
      tool_call_id: textAttribute(span, semconv.ATTR_GEN_AI_TOOL_CALL_ID),
    }),
  };
}

/** Returns a copy of what a signal reported, else what an attribute holds, as an object. */
function content(
  reported: JsonValue | undefined,
  span: SpanSnapshot,
  name: string,
  key: 'input' | 'output',
): JsonObject | undefined {
  // `null` counts as not reported.
  if (reported !== undefined && reported !== null) return toJsonObject(reported, key);
  const value = span.attributes[name];
  // Parsed just now, so it needs no copy.
  return value === undefined ? undefined : inObject(parseJson(value), key);
}
