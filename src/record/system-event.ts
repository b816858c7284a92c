import { OBJECT, oneOf, TEXT } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordSystemEvent}. */
export interface SystemEventOptions {
  /** What happened, without content: `model allow-list reloaded`. `metadata.message` of the event. */
  message: string;
  /**
   * `severity` of the event.
   *
   * @defaultValue 'info'
   */
  severity?: 'debug' | 'info' | 'warn' | 'error';
  /** What else there is to know, without content. Beside the message in `metadata`; not on the span. */
  metadata?: object;
}

const SYSTEM_EVENT: FactKind<SystemEventOptions> = {
  caller: 'recordSystemEvent',
  rules: {
    message: { ...TEXT, required: true },
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
 * Records what happened to the system around the agents: a configuration that changed, a queue that is full, a switch
 * to another region. That this package's event stream and instrumentations start and stop is recorded without it.
 *
 * It becomes an event of the span that is active, and an audit event SYSTEM (chaukas-spec) in the session and under
 * the agent or tool around it. Outside of any span it is a session of its own; where nothing records, it is nothing.
 *
 * ```ts
 * recordSystemEvent({ message: 'model allow-list reloaded', metadata: { version: 12 } });
 * ```
 *
 * Never throws. A required option that is missing or wrong records nothing, any other is left out; `diag` is warned of
 * each, once.
 */
export function recordSystemEvent(options: SystemEventOptions): void {
  recordFact(SYSTEM_EVENT, options);
}
