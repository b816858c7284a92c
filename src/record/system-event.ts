import { OBJECT, oneOf, required, TEXT } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordSystemEvent}. */
export interface SystemEventOptions {
  /** A message without content: `model allow-list reloaded`. `metadata.message` of the event. */
  message: string;
  /**
   * `severity` of the event.
   *
   * @defaultValue 'info'
   */
  severity?: 'debug' | 'info' | 'warn' | 'error';
  /** More facts without content. Beside the message in `metadata`; not on the span. */
  metadata?: object;
}

const SYSTEM_EVENT: FactKind<SystemEventOptions> = {
  caller: 'recordSystemEvent',
  rules: {
    message: required(TEXT),
    severity: oneOf(['debug', 'info', 'warn', 'error']),
    metadata: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_SYSTEM_EVENT,
  spanEventAttributes: ({ message, severity }) => ({
    [semconv.ATTR_OPENAI_AGENTS_SYSTEM_MESSAGE]: message,
    [semconv.ATTR_OPENAI_AGENTS_SYSTEM_SEVERITY]: severity,
  }),
  fact: (options) => ({ type: 'system.message', ...options }),
};

/**
 * Records an event of the system around the agents: a changed configuration, a full queue, a switch to another region.
 * Starts and stops of this package's event stream and instrumentations are recorded automatically.
 *
 * The fact becomes an event of the active span, and an audit event SYSTEM (chaukas-spec) in the span's session, under
 * the surrounding agent or tool. Outside of any span the audit event is a session of its own. If neither a recording
 * span nor a `ChaukasSpanProcessor` exists, the call does nothing.
 *
 * ```ts
 * recordSystemEvent({ message: 'model allow-list reloaded', metadata: { version: 12 } });
 * ```
 *
 * Never throws. If a required option is missing or wrong, nothing is recorded; any other wrong option is left out. Each
 * is logged to `diag` once.
 */
export function recordSystemEvent(options: SystemEventOptions): void {
  recordFact(SYSTEM_EVENT, options);
}
