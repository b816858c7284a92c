/** A response that is fetched after it was made: what it says, but none of its tokens, which its making has counted. */
import type { Attributes } from '@opentelemetry/api';
import type { JsonObject, JsonValue } from '../../../foreign/json.js';
import { asNumber, asText, type ForeignRecord, ownMembers } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_REQUEST_STREAM_CURSOR,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_STATUS,
  ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
  ATTR_GEN_AI_TOOL_DEFINITIONS,
  ATTR_OPENAI_API_TYPE,
} from '../../../semconv/attributes.js';
import type { Fact } from '../../../signals/publish-fact.js';
import type { ContentAttributes } from '../../content-attributes.js';
import type { CallArguments } from '../client-operation.js';
import type { ModelResponse } from '../model-response.js';
import { responsesOutputMessages, responsesRequestDetails } from './messages.js';
import { queryAndOptions } from './query-and-options.js';
import { isResponse, readResponsesResponse } from './response.js';

const DATASOURCE = 'openai://responses';

/** `retrieve(responseID, query, options)` */
export function fetchArguments([responseId, ...rest]: readonly unknown[]): CallArguments {
  const { query, options } = queryAndOptions(rest[0], rest[1]);
  return { request: { ...ownMembers(query), response_id: responseId }, options };
}

export function fetchAttributes(request: ForeignRecord): Attributes {
  const cursor = asNumber(request.starting_after);
  return {
    [ATTR_OPENAI_API_TYPE]: 'responses',
    [ATTR_GEN_AI_RESPONSE_ID]: asText(request.response_id),
    [ATTR_GEN_AI_REQUEST_STREAM_CURSOR]: cursor === undefined ? undefined : String(cursor),
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
    attributes: { [ATTR_GEN_AI_RESPONSE_STATUS]: asText(value.status) },
  };
}

/** What the response was once asked with; its input is not part of it. */
export function fetchedContent(value: unknown): ContentAttributes {
  if (!isResponse(value)) return {};
  const { instructions, tools } = value;
  const { systemInstructions, toolDefinitions } = responsesRequestDetails({ instructions, tools });
  return {
    [ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: systemInstructions as JsonValue[] | undefined,
    // The convention leaves descriptions and parameters out unless they are asked for apart.
    [ATTR_GEN_AI_TOOL_DEFINITIONS]: toolDefinitions?.map(({ type, name }) => ({ type, name })),
  };
}

export function fetchFacts(value: unknown, request: ForeignRecord): readonly Fact[] {
  const response = isResponse(value) ? value : undefined;
  const id = asText(request.response_id);
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

function textMembers(values: ForeignRecord): JsonObject {
  const texts = Object.entries(values).map(([name, value]) => [name, asText(value)] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
