import { OBJECT, oneOf } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordStateUpdate}. */
export interface StateUpdateOptions {
  /**
   * What was changed, and to what as far as that is no content: `{ cart: 'c-1', items: 3 }`. `state_update` of the
   * event; on the span its keys alone.
   */
  state: object;
  /**
   * Whether an agent changed it, or the application by itself. `author` of the event.
   *
   * @defaultValue 'system'
   */
  author?: 'agent' | 'system';
  /** What else there is to know, without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * Values that are content. Beside `state` in the event's `state_update` where message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const STATE_UPDATE: FactKind<StateUpdateOptions> = {
  caller: 'recordStateUpdate',
  rules: {
    state: { ...OBJECT, required: true },
    author: oneOf(['agent', 'system']),
    metadata: OBJECT,
    content: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_STATE_UPDATE,
  spanEventAttributes: ({ state }) => ({ [semconv.ATTR_OPENAI_AGENTS_STATE_KEYS]: Object.keys(state) }),
  fact: (options) => ({ type: 'state.update', ...options }),
};

/**
 * Records that state which outlives the call was changed: a cart, a ticket, a memory. Items of OpenAI's conversations
 * and of the Agents SDK's sessions are recorded without it; where the name of a tool says enough, see option
 * `toolEvents` of `ChaukasSpanProcessor`.
 *
 * It becomes an event of the span that is active, and an audit event STATE_UPDATE (chaukas-spec, `state_update`) in
 * the session and under the agent or tool around it. Outside of any span it is a session of its own; where nothing
 * records, it is nothing.
 *
 * ```ts
 * recordStateUpdate({ state: { ticket: 'T-17', status: 'closed' }, author: 'agent', content: { answer } });
 * ```
 *
 * Never throws. A required option that is missing or wrong records nothing, any other is left out; `diag` is warned of
 * each, once.
 */
export function recordStateUpdate(options: StateUpdateOptions): void {
  recordFact(STATE_UPDATE, options);
}
