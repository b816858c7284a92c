import type { Attributes } from '@opentelemetry/api';
import { asInteger, asText, type ForeignRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
  ATTR_GEN_AI_REQUEST_ENCODING_FORMATS,
  ATTR_GEN_AI_REQUEST_MODEL,
} from '../../../semconv/attributes.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { userMessages } from '../completions/text-or-tokens.js';

export function embeddingsRequestAttributes(request: ForeignRecord): Attributes {
  // What the client asks for by itself (base64, openai 5.0.1 to 7.55) is not the caller's wish.
  const encodingFormat = asText(request.encoding_format);
  return {
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(request.model),
    [ATTR_GEN_AI_REQUEST_ENCODING_FORMATS]: encodingFormat === undefined ? undefined : [encodingFormat],
    [ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: asInteger(request.dimensions),
  };
}

export function embeddingsRequestDetails(request: ForeignRecord): ModelRequestDetails {
  return { messages: userMessages(request.input) };
}
