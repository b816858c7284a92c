import { asInteger, asRecord, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT } from '../../../semconv/attributes.js';
import type { ModelResponse } from '../model-response.js';
import type { Usage } from '../usage.js';

/** @param request - says how long the vectors are, or else the first of them is measured. */
export function readEmbeddingsResponse(value: unknown, request: ForeignRecord): ModelResponse | undefined {
  if (!isRecord(value) || !Array.isArray(value.data)) return undefined;
  const dimensions = asInteger(request.dimensions) ?? vectorLength(asRecord(value.data[0])?.embedding);
  return {
    model: asText(value.model),
    usage: readUsage(value.usage),
    attributes:
      dimensions === undefined ? undefined : { [ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: dimensions },
  };
}

/** Of a list of numbers, or of four bytes each in base64. */
function vectorLength(embedding: unknown): number | undefined {
  if (typeof embedding === 'string') {
    const bytes = Buffer.byteLength(embedding, 'base64');
    return bytes % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes / Float32Array.BYTES_PER_ELEMENT : undefined;
  }
  if (Array.isArray(embedding) || embedding instanceof Float32Array) return embedding.length;
  return undefined;
}

function readUsage(value: unknown): Usage | undefined {
  return isRecord(value) ? { inputTokens: asInteger(value.prompt_tokens) } : undefined;
}
