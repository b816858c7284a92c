import type { Attributes } from '@opentelemetry/api';
import { ownValue } from '../json/own-data.js';
import { asInteger, asNonEmptyString, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { OPERATION_EMBEDDINGS } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type ClientOperation } from './client-operation.js';
import type { ModelResponseDetails } from './model-response.js';
import { userMessages } from './text-or-tokens.js';
import { type ModelUsage, readUsage } from './usage.js';

/** The vectors are not recorded as content, since no reader could make sense of them. */
export const embeddings: ClientOperation = {
  resource: ['Embeddings'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_EMBEDDINGS,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: embeddingsRequestAttributes,
  requestDetails: embeddingsRequestDetails,
  readResponse: readEmbeddingsResponse,
  answer: 'a list of embeddings',
};

export function embeddingsRequestAttributes(request: UnknownRecord): Attributes {
  // The caller's own choice: the base64 that the client adds by itself (openai 5.0.1 to 7.55) is not in the arguments.
  const encodingFormat = asNonEmptyString(request.encoding_format);
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(request.model),
    [semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS]:
      encodingFormat === undefined ? undefined : [encodingFormat],
    [semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: asInteger(request.dimensions),
  };
}

export function embeddingsRequestDetails(request: UnknownRecord): ModelRequestDetails {
  return { messages: userMessages(request.input) };
}

/**
 * @param value - may have getters, if the application has replaced the client's parser.
 * @param request - gives the vectors' length; if it does not, the first vector is measured.
 */
export function readEmbeddingsResponse(
  value: unknown,
  request: UnknownRecord,
): ModelResponseDetails | undefined {
  if (!isRecord(value) || !Array.isArray(value.data)) return undefined;
  const dimensions = asInteger(request.dimensions) ?? vectorLength(ownValue(value.data[0], 'embedding'));
  return {
    model: asNonEmptyString(value.model),
    usage: embeddingsUsage(value.usage),
    attributes:
      dimensions === undefined ? undefined : { [semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: dimensions },
  };
}

/** Length of a vector: a list of numbers, or floats of four bytes each in base64. */
function vectorLength(embedding: unknown): number | undefined {
  if (typeof embedding === 'string') {
    const bytes = Buffer.byteLength(embedding, 'base64');
    return bytes % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes / Float32Array.BYTES_PER_ELEMENT : undefined;
  }
  if (Array.isArray(embedding) || embedding instanceof Float32Array) return embedding.length;
  return undefined;
}

/** An embedding has no output, and some servers report one of 0 tokens. */
function embeddingsUsage(value: unknown): ModelUsage | undefined {
  const usage = readUsage(value);
  return usage && { inputTokens: usage.inputTokens, cost: usage.cost };
}
