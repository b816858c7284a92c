import type { Attributes } from '@opentelemetry/api';
import type { AnyValueMap, LogRecord } from '@opentelemetry/api-logs';

/** Name of the log record that the convention has for a model call, so that content can live apart from traces. */
const EVENT_NAME = 'gen_ai.client.inference.operation.details';

/** `SeverityNumber.DEBUG`, as the convention asks. */
const SEVERITY_DEBUG = 5;

/**
 * @param attributes - what the span says without content.
 * @param content - message content, structured.
 */
export function operationDetails(attributes: Attributes, content: AnyValueMap): LogRecord {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return {
    eventName: EVENT_NAME,
    severityNumber: SEVERITY_DEBUG,
    attributes: { ...(Object.fromEntries(given) as AnyValueMap), ...content },
  };
}
