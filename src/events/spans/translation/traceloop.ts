/** Workflows, agents and tools of OpenLLMetry's decorators (`@traceloop/node-server-sdk` 0.27). */
import type { Attributes } from '@opentelemetry/api';
import { type JsonValue, parseJson } from '../../../json/json.js';
import { asArray, asRecord } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import {
  OPERATION_EXECUTE_TOOL,
  OPERATION_INVOKE_AGENT,
  OPERATION_INVOKE_WORKFLOW,
} from '../../../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { textMessageAttribute } from './message-parts.js';

export const ATTR_TRACELOOP_SPAN_KIND = 'traceloop.span.kind';

/** Translates spans that have an event. A task, which is a step of a workflow, has none. */
export function traceloopEntity(span: SpanSnapshot): Attributes | undefined {
  const name = textAttribute(span, 'traceloop.entity.name') ?? span.name;
  const input = functionInput(textAttribute(span, 'traceloop.entity.input'));
  const output = textAttribute(span, 'traceloop.entity.output');
  const session = {
    [semconv.ATTR_SESSION_ID]:
      textAttribute(span, semconv.ATTR_SESSION_ID) ??
      textAttribute(span, 'traceloop.association.properties.session_id'),
  };
  switch (textAttribute(span, ATTR_TRACELOOP_SPAN_KIND)) {
    case 'workflow':
      return {
        ...session,
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
        [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: name,
      };
    case 'agent':
      return {
        ...session,
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_AGENT,
        [semconv.ATTR_GEN_AI_AGENT_NAME]: name,
        [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: textMessageAttribute('user', messageText(input)),
        [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: textMessageAttribute(
          'assistant',
          messageText(output === undefined ? undefined : parseJson(output)),
        ),
      };
    case 'tool':
      return {
        ...session,
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
        [semconv.ATTR_GEN_AI_TOOL_NAME]: name,
        [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: input === undefined ? undefined : JSON.stringify(input),
        [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: output,
      };
    default:
      return undefined;
  }
}

/** Returns the arguments of the function. If `{ args, kwargs }` holds only one argument, returns that argument. */
function functionInput(input: string | undefined): JsonValue | undefined {
  if (input === undefined) return undefined;
  const value = parseJson(input);
  const call = asRecord(value);
  if (call === undefined || !Array.isArray(call.args)) return value;
  const args = asArray(call.args) as readonly JsonValue[];
  const named = asRecord(call.kwargs) as Record<string, JsonValue> | undefined;
  if (args.length === 0) return named;
  if (named !== undefined && Object.keys(named).length > 0) return value;
  return args.length === 1 ? args[0] : [...args];
}

function messageText(value: JsonValue | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
