/**
 * Responses that the provider makes in the background (`background: true`). The call that creates one ends before the
 * model has done anything; a later call fetches the response and is the first to see its tokens.
 *
 * Invariant: the tokens of a response are counted once, by the first call of this process that sees it ended, and only
 * if this process created it. Another process may fetch it too, and cannot know whether it has been counted.
 */
import type { Attributes, SpanContext } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { type ModelResponseDetails, modelResponseAttributes } from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import type { Fact, SettledCall } from '../../signals/signal.js';
import type { CallMetrics } from '../../spans/metrics/call-metrics.js';
import { failureDetails, type RecordedSpan } from '../../spans/recorded-span.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { getSessionCalls } from '../../spans/session-calls.js';

/** A call whose response is still being made. */
interface PendingCall {
  readonly span: SpanContext;
  /** The attributes of the span at its start. */
  readonly attributes: Attributes;
  readonly metrics: CallMetrics | undefined;
}

/** Responses that are never fetched are forgotten at some time. */
const MAX_PENDING = 10_000;

/** The pending calls of the process, by server and id of the response. */
const pendingCalls = new BoundedMap<string, PendingCall>(MAX_PENDING);

function keyOf({ baseURL }: UnknownRecord, { id }: ModelResponseDetails): string | undefined {
  return id === undefined ? undefined : `${asNonEmptyString(baseURL) ?? ''} ${id}`;
}

/** Remembers a call that created a response, if that is still being made. */
export function rememberPending(
  client: UnknownRecord,
  response: ModelResponseDetails | undefined,
  call: PendingCall,
): void {
  const key = response?.pending === true ? keyOf(client, response) : undefined;
  if (key !== undefined) pendingCalls.set(key, call);
}

/**
 * Counts the tokens of a fetched response that has ended, if they have not been counted: in the metrics of the call that
 * created it, on the link of the fetching span to that call's span, and in the session of the fetching call.
 *
 * @returns `undefined` if there is nothing to count.
 */
export function settlePending(
  client: UnknownRecord,
  response: ModelResponseDetails | undefined,
  recorded: RecordedSpan,
): SettledCall | undefined {
  const ended = response?.fetched;
  const key = ended === undefined || response === undefined ? undefined : keyOf(client, response);
  const call = key === undefined ? undefined : pendingCalls.remove(key);
  if (call === undefined || ended === undefined) return undefined;
  const { span, context } = recorded;
  const attributes = modelResponseAttributes(ended);
  const reason = ended.failure ?? cancellation(response);
  if (reason !== undefined) attributes[semconv.ATTR_ERROR_TYPE] = reason.type;
  span.addLink({ context: call.span, attributes });
  call.metrics?.settled(ended);
  getSessionCalls(context)?.usage.add(ended.usage);
  return {
    span: call.span,
    attributes: { ...call.attributes, ...attributes },
    failure: reason && failureDetails(reason, getRunSettings(context)?.contentAllowed !== false),
  };
}

/** A response that was cancelled has no error, and the call that created it waits for an answer that never comes. */
function cancellation(response: ModelResponseDetails | undefined): Failure | undefined {
  const status = response?.attributes?.[semconv.ATTR_GEN_AI_RESPONSE_STATUS];
  return status === 'cancelled' ? failure(status, undefined, 'the response was cancelled') : undefined;
}

/** Returns the facts of a fetching call, with the call that it settled on the access to the stored response. */
export function withSettled(facts: readonly Fact[], settled: SettledCall | undefined): readonly Fact[] {
  return settled === undefined
    ? facts
    : facts.map((fact) => (fact.type === 'data.access' ? { ...fact, settled } : fact));
}
