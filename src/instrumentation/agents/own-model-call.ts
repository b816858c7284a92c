import { type Context, context, type Span, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { OwnData, ownValue } from '../../json/own-data.js';
import { asCount, asInteger, asNonEmptyString, asRecord } from '../../json/readers.js';
import { type ModelResponseDetails, modelResponseAttributes } from '../../openai-api/model-response.js';
import { providerAndModel } from '../../openai-api/provider-name.js';
import * as semconv from '../../semconv/attributes.js';
import { describeSpanError, type Failure, spanErrorCause } from '../../semconv/failure.js';
import { INFERENCE_OPERATIONS, OPERATION_CHAT, spanName } from '../../semconv/operations.js';
import { contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import { CallMetrics } from '../../spans/metrics/call-metrics.js';
import type { ModelCallEnd, ModelSpanOwner, ModelSpanSlot } from '../../spans/model-span-slot.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { UsageSum } from '../../spans/usage-sum.js';
import { modelOutputMessages } from './run-items.js';
import { recordModelContent } from './span-mappings/span-mapping.js';

/** The agent whose turn it is, as far as a call of its model needs it. */
export interface CallingAgent {
  readonly step: {
    readonly name: string | undefined;
    readonly totals: { add(end: ModelCallEnd): void; addToolCall(): void; readonly usage: UsageSum };
  };
  readonly workflow: { modelCallEnded(end: ModelCallEnd, active: Context): void; readonly usage: UsageSum };
  /** Returns the context of the agent's span. */
  context(): Context;
}

interface OwnCallEnd {
  readonly response?: unknown;
  readonly failure?: Failure | undefined;
  readonly cancelled?: boolean;
}

/**
 * The model calls of a run whose model makes no span of its own: an object of the application's, on which nothing is
 * put. A call shows by what the SDK does around it: it has asked the agent for its prompt before, and adds the
 * model's response to its list of responses after.
 *
 * Invariant: at most one call is expected. A span of the SDK for the call, or a call of a client that takes the slot,
 * is the call's span; only if there is none, the call gets a span here, in retrospect.
 */
export class OwnModelCalls implements ModelSpanSlot {
  readonly startedSpan = undefined;
  readonly contentOffer = undefined;
  readonly #telemetry: Telemetry;
  #agent: CallingAgent | undefined;
  /** The configured name of the model; `undefined` if the application gave an object. */
  #model: string | undefined;
  #since = 0;
  #claimed = false;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** The SDK is about to call the model of this agent. */
  expect(agent: CallingAgent, model: string | undefined): void {
    this.#agent = agent;
    this.#model = model;
    this.#since = clock.now();
    this.#claimed = false;
  }

  /** The call has a span of the SDK, or does not take place. */
  dismiss(): void {
    this.#agent = undefined;
  }

  /** Whether a call is expected or under way, which nothing else has recorded. */
  get pending(): boolean {
    return this.#agent !== undefined && !this.#claimed;
  }

  /** Records the call that is under way, unless something else has. */
  end({ response, failure, cancelled = false }: OwnCallEnd): void {
    const agent = this.#agent;
    const claimed = this.#claimed;
    this.#agent = undefined;
    if (agent === undefined || claimed) return;
    const parent = agent.context();
    const { provider, model } = providerAndModel(this.#model, undefined);
    const attributes = {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
      [semconv.ATTR_GEN_AI_PROVIDER_NAME]: provider,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
    };
    const span = RecordedSpan.start(
      this.#telemetry,
      { name: spanName(OPERATION_CHAT, model), kind: SpanKind.CLIENT, attributes, startTime: this.#since },
      parent,
    );
    const details = readModelResponse(response);
    if (details !== undefined) span.span.setAttributes(modelResponseAttributes(details));
    this.#recordOutput(span, response, parent);
    const now = clock.now();
    CallMetrics.of(this.#telemetry.instruments, attributes)?.ended({
      response: details,
      errorType: failure?.type,
      duration: (now - this.#since) / 1000,
      timeToFirstChunk: undefined,
    });
    report(agent, {
      response: details,
      finishReasons: undefined,
      errorType: failure?.type,
      cancelled,
      content: span.content,
    });
    span.end({ failure, cancelled, endTime: now });
  }

  /**
   * The turn is over while the model has not answered: its call failed, was given up, or never took place.
   *
   * @param error - the error on the span of the turn.
   */
  turnOver(error: unknown, cancelled: boolean): void {
    if (cancelled) this.end({ cancelled });
    else if (!error || isBesideModelCall(error)) this.dismiss();
    else this.end({ failure: describeSpanError(error, undefined) });
  }

  #recordOutput(span: RecordedSpan, response: unknown, context: Context): void {
    const policy = policyOfSpan(contentPolicy(this.#telemetry, context), span.span, undefined);
    if (!policy.wanted) return;
    const modelOutput = modelOutputMessages(new OwnData().view(ownValue(response, 'output')));
    recordModelContent(span, { modelOutput }, policy);
  }

  // ModelSpanSlot

  claim(_owner: ModelSpanOwner, kind: string): boolean {
    if (!this.pending || !INFERENCE_OPERATIONS.has(kind)) return false;
    this.#claimed = true;
    return true;
  }

  start(startSpan: (parent: Context) => Span): Span {
    const parent = this.#agent?.context();
    if (parent === undefined) throw new Error('no call is expected');
    return startSpan(parent);
  }

  ended(end: ModelCallEnd): void {
    if (this.#agent !== undefined) report(this.#agent, end);
  }
}

/**
 * Adds the calls of a client to an agent that the application opened itself (`withAgentSpan`): no model of the SDK makes
 * them, so they are the agent's own. Their spans stay where the application makes them.
 */
export class DirectCalls implements ModelSpanSlot {
  readonly startedSpan = undefined;
  readonly contentOffer = undefined;

  readonly #agent: CallingAgent;
  readonly #span: { readonly isOver: boolean };

  /** @param span - the span of the agent. */
  static of(span: {
    readonly isOver: boolean;
    readonly callingAgent: CallingAgent | undefined;
  }): DirectCalls | undefined {
    const agent = span.isOver ? undefined : span.callingAgent;
    return agent && new DirectCalls(agent, span);
  }

  private constructor(agent: CallingAgent, span: { readonly isOver: boolean }) {
    this.#agent = agent;
    this.#span = span;
  }

  claim(_owner: ModelSpanOwner, kind: string): boolean {
    return INFERENCE_OPERATIONS.has(kind);
  }

  start(startSpan: (parent: Context) => Span): Span {
    return startSpan(context.active());
  }

  ended(end: ModelCallEnd): void {
    if (!this.#span.isOver) report(this.#agent, end);
  }
}

/** Adds a call to the sums of the agent and the workflow. */
function report({ step, workflow, context }: CallingAgent, end: ModelCallEnd): void {
  step.totals.add(end);
  workflow.modelCallEnded(end, context());
}

/** Reads the SDK's `ModelResponse`, which the application made: its data properties only. */
function readModelResponse(response: unknown): ModelResponseDetails | undefined {
  const usage = ownValue(response, 'usage');
  const detail = (list: string, name: string) => {
    const details = asRecord(new OwnData().view(ownValue(usage, list)));
    const [first] = Object.values(details ?? {});
    return asInteger(asRecord(first)?.[name]) ?? asInteger(details?.[name]);
  };
  if (response === undefined) return undefined;
  return {
    id: asNonEmptyString(ownValue(response, 'responseId')),
    usage: {
      inputTokens: asCount(ownValue(usage, 'inputTokens')),
      outputTokens: asCount(ownValue(usage, 'outputTokens')),
      cacheReadInputTokens: detail('inputTokensDetails', 'cached_tokens'),
      reasoningOutputTokens: detail('outputTokensDetails', 'reasoning_tokens'),
    },
  };
}

/** Errors that end a turn before or beside the call of its model, by the beginning of their text. */
const BESIDE_MODEL_CALL =
  /^(?:InputGuardrail|GuardrailExecution|UserError\b|MaxTurns|Error in callModelInputFilter)/;

/** Whether an error on the span of a turn does not come from the model. */
function isBesideModelCall(error: unknown): boolean {
  const message = asNonEmptyString(asRecord(error)?.message) ?? '';
  return (
    [message, spanErrorCause(error) ?? ''].some((text) => BESIDE_MODEL_CALL.test(text)) ||
    message.startsWith('Guardrail')
  );
}
