import { OBJECT, oneOf, required } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordStateUpdate}. */
export interface StateUpdateOptions {
  /**
   * The changed state, with new values that are not content: `{ cart: 'c-1', items: 3 }`. `state_update` of the event.
   * The span has only the keys.
   */
  state: object;
  /**
   * Whether an agent changed the state, or the application by itself. `author` of the event.
   *
   * @defaultValue 'system'
   */
  author?: 'agent' | 'system';
  /** More facts without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * New values that are content. Beside `state` in the event's `state_update` if message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const STATE_UPDATE: FactKind<StateUpdateOptions> = {
  caller: 'recordStateUpdate',
  rules: {
    state: required(OBJECT),
    author: oneOf(['agent', 'system']),
    metadata: OBJECT,
    content: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_STATE_UPDATE,
  spanEventAttributes: ({ state }) => ({ [semconv.ATTR_OPENAI_AGENTS_STATE_KEYS]: Object.keys(state) }),
  fact: (options) => ({ type: 'state.update', ...options }),
};

/**
 * Records a change of state that outlives the call: a cart, a ticket, a memory. Items of OpenAI's conversations and of the
 * Agents SDK's sessions are recorded automatically. If the name of a tool says enough, use option `toolEvents` of
 * `ChaukasSpanProcessor` instead.
 *
 * The fact becomes an event of the active span, and an audit event STATE_UPDATE (chaukas-spec, `state_update`) in the
 * span's session, under the surrounding agent or tool. Outside of any span the audit event is a session of its own. If
 * neither a recording span nor a `ChaukasSpanProcessor` exists, the call does nothing.
 *
 * ```ts
 * recordStateUpdate({ state: { ticket: 'T-17', status: 'closed' }, author: 'agent', content: { answer } });
 * ```
 *
 * Never throws. If a required option is missing or wrong, nothing is recorded; any other wrong option is left out. Each
 * is logged to `diag` once.
 */
export function recordStateUpdate(options: StateUpdateOptions): void {
  recordFact(STATE_UPDATE, options);
}
