/** Message content as attributes: JSON strings on spans, structured values in log records; and those log records. */
import type { Attributes } from '@opentelemetry/api';
import type { AnyValueMap, LogRecord } from '@opentelemetry/api-logs';
import type { JsonValue } from '../json/json.js';
import { limitedJsonText, limitJson } from '../json/limit-json.js';
import { withoutMedia } from '../json/media.js';
import * as semconv from '../semconv/attributes.js';
import type { ContentAttributes } from '../semconv/messages.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { type RedactedContent, redactedText, redactedValue } from './content-redaction.js';

export function requestContentAttributes(details: ModelRequestDetails): ContentAttributes {
  const { messages, systemInstructions, toolDefinitions } = details;
  return {
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: messages as readonly unknown[] as JsonValue[],
    [semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: systemInstructions as readonly unknown[] | undefined as
      | JsonValue[]
      | undefined,
    // The convention leaves descriptions and parameters out unless the user opts in to them separately.
    [semconv.ATTR_GEN_AI_TOOL_DEFINITIONS]: toolDefinitions?.map(({ type, name }) => ({ type, name })),
  };
}

/** Content is redacted before it is shortened, because a cut could hide the half of what is sought. */
interface ContentRules extends RedactedContent {
  readonly lengthLimit: number;
}

/** Content as span attributes. They hold no objects, so each is one JSON string, within the limit. */
export function spanContent(content: ContentAttributes, rules: ContentRules): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(content)) {
    if (value === undefined) continue;
    attributes[name] =
      typeof value === 'string'
        ? redactedText(name, value, rules)?.slice(0, rules.lengthLimit)
        : contentJson(name, value, rules);
  }
  return attributes;
}

/** One value of content as the JSON text of an attribute, within the limit; `undefined` if redaction drops it. */
export function contentJson(name: string, value: JsonValue, rules: ContentRules): string | undefined {
  const shown = shownValue(name, value, rules);
  return shown === undefined ? undefined : limitedJsonText(shown, rules.lengthLimit);
}

/** Content as attributes of a log record, which hold structured values, within the same limit. */
export function logContent(content: ContentAttributes, rules: ContentRules): AnyValueMap {
  const attributes: AnyValueMap = {};
  for (const [name, value] of Object.entries(content)) {
    if (value === undefined) continue;
    const shown =
      typeof value === 'string' ? redactedText(name, value, rules) : shownValue(name, value, rules);
    if (shown === undefined) continue;
    attributes[name] =
      typeof shown === 'string' ? shown.slice(0, rules.lengthLimit) : limitJson(shown, rules.lengthLimit);
  }
  return attributes;
}

function shownValue(name: string, value: JsonValue, rules: ContentRules): JsonValue | undefined {
  return redactedValue(name, withoutMedia(value), rules);
}

/**
 * The convention's log record of a model call, which keeps content apart from traces. The severity is
 * `SeverityNumber.DEBUG`, as the convention requires.
 */
export const OPERATION_DETAILS = {
  eventName: 'gen_ai.client.inference.operation.details',
  severityNumber: 5,
} as const;

/**
 * The log record of a model call.
 *
 * @param attributes - the attributes of the span, without content.
 * @param content - message content, structured.
 */
export function operationDetails(attributes: Attributes, content: AnyValueMap): LogRecord {
  return {
    ...OPERATION_DETAILS,
    attributes: { ...definedAttributes(attributes), ...content },
  };
}

/** Attributes as a log record holds them, without those that are absent. */
export function definedAttributes(attributes: Attributes): AnyValueMap {
  const defined = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as AnyValueMap;
}
