/** A response that is fetched after it was made: what it says, but none of its tokens, which its making has counted. */
import type { Attributes } from '@opentelemetry/api';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { asNonEmptyString, asNumber, asRecord, ownMembers, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import type { Fact } from '../../signals/signal-channel.js';
import type { CallArguments } from '../client-operation.js';
import type { ModelResponse } from '../model-response.js';
import { responsesOutputMessages, responsesRequestDetails } from './messages.js';
import { isResponse, readResponsesResponse } from './response.js';

const DATASOURCE = 'openai://responses';

/** `retrieve(responseID, query, options)` */
export function fetchArguments([responseId, ...rest]: readonly unknown[]): CallArguments {
  const { query, options } = queryAndOptions(rest[0], rest[1]);
  return { request: { ...ownMembers(query), response_id: responseId }, options };
}

export function fetchAttributes(request: UnknownRecord): Attributes {
  const cursor = asNumber(request.starting_after);
  return {
    [semconv.ATTR_OPENAI_API_TYPE]: 'responses',
    [semconv.ATTR_GEN_AI_RESPONSE_ID]: asNonEmptyString(request.response_id),
    [semconv.ATTR_GEN_AI_REQUEST_STREAM_CURSOR]: cursor === undefined ? undefined : String(cursor),
  };
}

/** The fetch has succeeded, also where the response that it brought had failed. */
export function readFetchedResponse(value: unknown): ModelResponse | undefined {
  if (!isResponse(value)) return undefined;
  const response = readResponsesResponse(value);
  return {
    id: response?.id,
    model: response?.model,
    finishReasons: response?.finishReasons,
    serviceTier: response?.serviceTier,
    attributes: { [semconv.ATTR_GEN_AI_RESPONSE_STATUS]: asNonEmptyString(value.status) },
  };
}

/** What the response was once asked with; its input is not part of it. */
export function fetchedContent(value: unknown): ContentAttributes {
  if (!isResponse(value)) return {};
  const { instructions, tools } = value;
  const { systemInstructions, toolDefinitions } = responsesRequestDetails({ instructions, tools });
  return {
    [semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: systemInstructions as JsonValue[] | undefined,
    // The convention leaves descriptions and parameters out unless they are asked for apart.
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
      metadata: textMembers({ status: response?.status, model: response?.model }),
      ...(messages.length > 0 && { content: { messages } }),
    },
  ];
}

function textMembers(values: UnknownRecord): JsonObject {
  const texts = Object.entries(values).map(([name, value]) => [name, asNonEmptyString(value)] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Options that may stand in the query's place; all but these are refused there by the client. */
const OPTIONS: ReadonlySet<string> = new Set([
  'headers',
  'maxRetries',
  'timeout',
  'signal',
  'idempotencyKey',
  'query',
]);

/**
 * The last two arguments of a method that gets: `(id, query, options)`. A caller with nothing to query may put the
 * options second (openai 7.55; 7.0.0 and before send them as a query). Looks at names alone, as the client does, so
 * that no getter runs twice.
 */
export function queryAndOptions(
  query: unknown,
  options: unknown,
): { readonly query: UnknownRecord; readonly options: unknown } {
  const record = asRecord(query) ?? {};
  return options === undefined && isOptions(record)
    ? { query: {}, options: record }
    : { query: record, options };
}

function isOptions(record: UnknownRecord): boolean {
  return Object.entries(Object.getOwnPropertyDescriptors(record)).some(
    ([name, { enumerable, get, value }]) =>
      OPTIONS.has(name) && enumerable === true && (get !== undefined || value !== undefined),
  );
}
