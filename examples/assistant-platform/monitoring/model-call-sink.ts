import type { EventSink } from 'opentelemetry-instrumentation-openai-agents';
import type { ChaukasEvent } from 'opentelemetry-instrumentation-openai-agents/chaukas';

/** A model call that is over, as its audit event has it. */
export interface FinishedModelCall {
  readonly model: string;
  readonly succeeded: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In US dollars; `undefined` if the price is not known. */
  readonly cost: number | undefined;
  readonly millis: number | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly sessionId: string;
}

/** Name of this sink, also in the metrics of its delivery. */
export const COUNTING_SINK = 'monitoring';

/** Reports each model call from the audit events, which have its price. Keeps nothing. */
export class ModelCallSink implements EventSink {
  readonly name = COUNTING_SINK;
  readonly #onModelCall: (call: FinishedModelCall) => void;

  constructor(onModelCall: (call: FinishedModelCall) => void) {
    this.#onModelCall = onModelCall;
  }

  async send(events: readonly ChaukasEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type === 'EVENT_TYPE_MODEL_INVOCATION_END') this.#onModelCall(finishedCall(event));
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function finishedCall({ llm_invocation, cost, performance, ...event }: ChaukasEvent): FinishedModelCall {
  return {
    model: llm_invocation?.model ?? 'unknown',
    succeeded: event.status === 'EVENT_STATUS_COMPLETED',
    inputTokens: llm_invocation?.prompt_tokens ?? 0,
    outputTokens: llm_invocation?.completion_tokens ?? 0,
    cost: cost?.total_cost,
    millis: performance?.duration_ms,
    traceId: event.trace_id,
    spanId: event.span_id,
    sessionId: event.session_id,
  };
}
