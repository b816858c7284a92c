/**
 * A response that is retrieved after it was created. Its tokens are not those of the retrieval: they were counted when it
 * was created, or are counted once when a response that was made in the background is first seen ended.
 */
import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { type JsonValue, presentMembers, toJsonValue } from '../../json/json.js';
import { asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import type { Fact } from '../../signals/signal.js';
import type { CallArguments } from '../client-operation.js';
import type { ModelResponseDetails } from '../model-response.js';
import { responsesOutputMessages, responsesRequestDetails } from './messages.js';
import { ENDED_STATUSES, isResponse, readResponsesResponse } from './response.js';

const DATASOURCE = 'openai://responses';

/** `retrieve(responseID, query, options)` */
export function fetchArguments([responseId, ...rest]: readonly unknown[]): CallArguments {
  const { query, options } = queryAndOptions(rest[0], rest[1]);
  return { body: query, members: { response_id: responseId }, options };
}

export function fetchAttributes(request: UnknownRecord): Attributes {
  const cursor = asNumber(request.starting_after);
  return {
    [semconv.ATTR_OPENAI_API_TYPE]: 'responses',
    [semconv.ATTR_GEN_AI_RESPONSE_ID]: asNonEmptyString(request.response_id),
    [semconv.ATTR_GEN_AI_REQUEST_STREAM_CURSOR]: cursor === undefined ? undefined : String(cursor),
  };
}

/** The retrieval succeeded even if the retrieved response had failed, so `failure` is not read. */
export function readFetchedResponse(value: unknown): ModelResponseDetails | undefined {
  if (!isResponse(value)) return undefined;
  const response = readResponsesResponse(value);
  return {
    id: response?.id,
    model: response?.model,
    finishReasons: response?.finishReasons,
    serviceTier: response?.serviceTier,
    attributes: { [semconv.ATTR_GEN_AI_RESPONSE_STATUS]: asNonEmptyString(value.status) },
    ...(ENDED_STATUSES.has(value.status) && { fetched: response }),
  };
}

/** The instructions and tools of the original request. A response does not repeat its input. */
export function fetchedContent(value: unknown): ContentAttributes {
  if (!isResponse(value)) return {};
  // The copy has a marker in the place of a part that cannot be read.
  const instructions = toJsonValue(value.instructions);
  const tools = toJsonValue(value.tools);
  const { systemInstructions, toolDefinitions } = responsesRequestDetails({ instructions, tools });
  return {
    [semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: systemInstructions as JsonValue[] | undefined,
    // The convention leaves descriptions and parameters out unless the user opts in to them separately.
    [semconv.ATTR_GEN_AI_TOOL_DEFINITIONS]: toolDefinitions?.map(({ type, name }) => ({ type, name })),
  };
}

export function fetchFacts(value: unknown, request: UnknownRecord): readonly Fact[] {
  const response = isResponse(value) ? value : undefined;
  const id = asNonEmptyString(request.response_id);
  const messages = responsesOutputMessages(response) as unknown as JsonValue[];
  return [
    {
      type: 'data.access',
      datasource: DATASOURCE,
      documentIds: id === undefined ? [] : [id],
      metadata: presentMembers({
        status: asNonEmptyString(response?.status),
        model: asNonEmptyString(response?.model),
      }),
      ...(messages.length > 0 && { content: { messages } }),
    },
  ];
}

/** Request options that may be passed in the query's place. The client rejects all others there. */
const OPTIONS: ReadonlySet<string> = new Set([
  'headers',
  'maxRetries',
  'timeout',
  'signal',
  'idempotencyKey',
  'query',
]);

/**
 * Reads the last two arguments of a GET method, `(id, query, options)`. An application without a query may pass the
 * options second (openai 7.55; 7.0.0 and before send them as a query). Only the names are read, as the client does
 * it, so that no getter runs twice, and of a Proxy nothing.
 */
export function queryAndOptions(
  query: unknown,
  options: unknown,
): { readonly query: UnknownRecord; readonly options: unknown } {
  return options === undefined && isOptions(query)
    ? { query: {}, options: query }
    : { query: asRecord(query) ?? {}, options };
}

function isOptions(record: unknown): boolean {
  if (typeof record !== 'object' || record === null || types.isProxy(record)) return false;
  return Object.entries(Object.getOwnPropertyDescriptors(record)).some(
    ([name, { enumerable, get, value }]) =>
      OPTIONS.has(name) && enumerable === true && (get !== undefined || value !== undefined),
  );
}
