import type { Attributes, Context } from '@opentelemetry/api';
import type { UnknownRecord } from '../../json/readers.js';
import type { ClientOperation } from '../../openai-api/client-operation.js';
import type { HostedCallReader } from '../../openai-api/hosted-tool-call.js';
import * as semconv from '../../semconv/attributes.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { requestContentAttributes } from '../../spans/content-attributes.js';
import { type ContentPolicy, contentPolicy } from '../../spans/content-policy.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { setEndpoint } from './endpoint.js';
import { maxAttempts } from './http-attempts.js';

/** A request of the client, as read before its span starts. */
export interface CallRequest {
  readonly request: UnknownRecord;
  /** Attributes of the span at its start, without content. */
  readonly attributes: Attributes;
  /** The number of finish reasons that the answer should have; `undefined` if the API gives none. */
  readonly choiceCount: number | undefined;
  /** The number of HTTP attempts that the client may make, the first one included. */
  readonly attemptLimit: number | undefined;
  /** Present if the response may have calls of tools that the provider runs. */
  readonly hostedCalls: HostedCallReader | undefined;
  readonly policy: ContentPolicy;
  /** Present if the content policy lets anybody see the messages. */
  readonly details: ModelRequestDetails | undefined;
  /** Present if content stands on spans or in log records. */
  readonly content: ContentAttributes | undefined;
}

/**
 * Reads a request. A fault in a reader costs what that reader reads and not the call's span, so there are two guards:
 * one for the request itself and one for its content.
 */
export function readCallRequest(
  telemetry: Telemetry,
  operation: ClientOperation,
  client: UnknownRecord,
  args: readonly unknown[],
  active: Context,
): CallRequest {
  const { guard } = telemetry;
  const policy = contentPolicy(telemetry.content, active);
  const { request, options } = operation.readArguments(args);
  const facts =
    guard.run('Reading a request', () => readFacts(operation, request, client, options)) ?? noFacts();
  addCommonAttributes(facts.attributes, operation, client, active);
  const content = policy.wanted
    ? guard.run('Reading the content of a request', () => readContent(operation, request, policy))
    : undefined;
  return { request, policy, ...facts, details: content?.details, content: content?.content };
}

type RequestFacts = Pick<CallRequest, 'attributes' | 'choiceCount' | 'attemptLimit' | 'hostedCalls'>;

const noFacts = (): RequestFacts => ({
  attributes: {},
  choiceCount: undefined,
  attemptLimit: undefined,
  hostedCalls: undefined,
});

function readFacts(
  operation: ClientOperation,
  request: UnknownRecord,
  client: UnknownRecord,
  options: unknown,
): RequestFacts {
  const { hostedCalls } = operation;
  return {
    attributes: operation.requestAttributes(request),
    choiceCount: operation.choiceCount?.(request),
    attemptLimit: maxAttempts(client, options),
    hostedCalls: hostedCalls?.expects(request) ? hostedCalls : undefined,
  };
}

function addCommonAttributes(
  attributes: Attributes,
  { operationName, callType }: ClientOperation,
  client: UnknownRecord,
  active: Context,
): void {
  if (operationName !== undefined) attributes[semconv.ATTR_GEN_AI_OPERATION_NAME] = operationName;
  else setIfDefined(attributes, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE, callType);
  setEndpoint(attributes, client);
  // A conversation that the request names takes precedence over the conversation of the run.
  if (attributes[semconv.ATTR_GEN_AI_CONVERSATION_ID] === undefined) {
    setIfDefined(attributes, semconv.ATTR_GEN_AI_CONVERSATION_ID, getRunSettings(active)?.conversationId);
  }
}

function readContent(
  operation: ClientOperation,
  request: UnknownRecord,
  { onSpan, onEvent }: ContentPolicy,
): Partial<Pick<CallRequest, 'details' | 'content'>> {
  const details = operation.requestDetails?.(request);
  if (!onSpan && !onEvent) return { details };
  return {
    details,
    content: { ...(details && requestContentAttributes(details)), ...operation.requestContent?.(request) },
  };
}
