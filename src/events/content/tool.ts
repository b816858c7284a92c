import type { EventContent, ToolCall, ToolResponse } from '../../chaukas/event.js';
import { type JsonValue, parseJson, toJsonObject } from '../../json/json.js';
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
  const args = details?.arguments ?? attributeJson(span, semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS);
  return {
    tool_call: sparse<ToolCall>({
      arguments: includeContent && args !== undefined ? toJsonObject(args, 'input') : undefined,
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
  const output = result ?? attributeJson(span, semconv.ATTR_GEN_AI_TOOL_CALL_RESULT);
  return {
    tool_response: sparse<ToolResponse>({
      error_message: errorMessage,
      execution_time_ms: executionMillis(span),
      output: includeContent && output !== undefined ? toJsonObject(output, 'output') : undefined,
      tool_call_id: textAttribute(span, semconv.ATTR_GEN_AI_TOOL_CALL_ID),
    }),
  };
}

function attributeJson(span: SpanSnapshot, name: string): JsonValue | undefined {
  const value = span.attributes[name];
  return value === undefined ? undefined : parseJson(value);
}
