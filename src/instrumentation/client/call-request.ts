import type { Attributes, Context } from '@opentelemetry/api';
import type { JsonObject } from '../../json/json.js';
import { withoutMedia } from '../../json/media.js';
import { OwnData, withMembers } from '../../json/own-data.js';
import { isRecord, type UnknownRecord } from '../../json/readers.js';
import { type CallArguments, type ClientOperation, requestView } from '../../openai-api/client-operation.js';
import type { HostedCallReader } from '../../openai-api/hosted-tool-call.js';
import * as semconv from '../../semconv/attributes.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import { spanName } from '../../semconv/operations.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { requestContentAttributes } from '../../spans/content-attributes.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { setEndpoint } from './endpoint.js';
import { maxAttempts } from './http-attempts.js';

/** The parameters of a request, without its content. */
export interface RequestParameters {
  readonly request: UnknownRecord;
  readonly attributes: Attributes;
  /** The number of finish reasons that the answer should have; `undefined` if the API gives none. */
  readonly choiceCount: number | undefined;
  /** Present if the response may have calls of tools that the provider runs. */
  readonly hostedCalls: HostedCallReader | undefined;
}

/** The content of a request. */
export interface RequestContent {
  readonly details: ModelRequestDetails | undefined;
  readonly attributes: ContentAttributes;
}

/**
 * The request of a call. Its parameters are read before the span starts, from the own data properties of the
 * application's objects. Its content, and parameters that are not data, are read from the body that the client
 * serialised: the record is what was sent, and no code of the application runs because of us.
 */
export class CallRequest implements RequestParameters {
  readonly request: UnknownRecord;
  readonly attributes: Attributes;
  readonly choiceCount: number | undefined;
  readonly hostedCalls: HostedCallReader | undefined;
  /** The number of HTTP attempts that the client may make, the first one included. */
  readonly attemptLimit: number | undefined;
  /** Whether the parameters could all be read. If not, the body that is sent shows them. */
  readonly complete: boolean;

  readonly #operation: ClientOperation;
  readonly #arguments: CallArguments;

  /** A fault in a reader costs the parameters and not the call's span. */
  constructor(
    { guard }: Pick<Telemetry, 'guard'>,
    operation: ClientOperation,
    client: UnknownRecord,
    args: readonly unknown[],
    active: Context,
  ) {
    this.#operation = operation;
    this.#arguments = operation.readArguments(args);
    const own = new OwnData();
    const request = requestView(this.#arguments, own);
    let attributes: Attributes | undefined;
    let choiceCount: number | undefined;
    let hostedCalls: HostedCallReader | undefined;
    let attemptLimit: number | undefined;
    // No closures for the guard, since they would be made for each call.
    try {
      attributes = operation.requestAttributes(request);
      choiceCount = operation.choiceCount?.(request);
      hostedCalls = expectedHostedCalls(operation, request);
      attemptLimit = maxAttempts(client, this.#arguments.options);
    } catch (error) {
      guard.caught('Reading a request', error);
    }
    this.request = request;
    this.attributes = attributes ?? {};
    this.choiceCount = choiceCount;
    this.hostedCalls = hostedCalls;
    this.attemptLimit = attemptLimit;
    this.complete = own.complete;
    addCommonAttributes(this.attributes, operation, client, active);
  }

  /** Reads the parameters of the request as it was sent. */
  sentParameters(request: UnknownRecord): RequestParameters {
    const operation = this.#operation;
    return {
      request,
      attributes: operation.requestAttributes(request),
      choiceCount: operation.choiceCount?.(request),
      hostedCalls: expectedHostedCalls(operation, request),
    };
  }

  /** @param sent - the request as it was sent; without it the application's objects are read, as far as they are data. */
  content(sent: UnknownRecord = this.request): RequestContent {
    const read = this.#operation.requestDetails?.(sent);
    // Once for all records of it.
    const details = read && (withoutMedia(read as unknown as JsonObject) as unknown as ModelRequestDetails);
    return {
      details,
      attributes: {
        ...(details && requestContentAttributes(details)),
        ...this.#operation.requestContent?.(sent),
      },
    };
  }

  /** Parses the body that the client hands to `fetch`; `undefined` if it is not the text of a JSON object. */
  parseSent(body: string): UnknownRecord | undefined {
    try {
      const parsed: unknown = JSON.parse(body);
      return isRecord(parsed) ? withMembers({ ...parsed }, this.#arguments.members) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Returns the name of a call's span. */
export function callName(
  { operationName, callType = '', targetAttribute }: ClientOperation,
  attributes: Attributes,
): string {
  const target = targetAttribute === undefined ? undefined : attributes[targetAttribute];
  return spanName(operationName ?? callType, target as string | undefined);
}

function expectedHostedCalls(
  { hostedCalls }: ClientOperation,
  request: UnknownRecord,
): HostedCallReader | undefined {
  return hostedCalls?.expects(request) ? hostedCalls : undefined;
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
