import { SpanKind } from '@opentelemetry/api';
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../../json/readers.js';
import { readChatResponse, readChatUsage } from '../../../openai-api/chat-completions/response.js';
import { type ModelResponseDetails, modelResponseAttributes } from '../../../openai-api/model-response.js';
import { readResponsesResponse } from '../../../openai-api/responses/response.js';
import * as semconv from '../../../semconv/attributes.js';
import { OPERATION_CHAT, spanName } from '../../../semconv/operations.js';
import { contentOffer } from '../../../spans/content-policy.js';
import type { SpanMapping } from './span-mapping.js';

/**
 * A model call that no client hook has claimed: the provider has a transport of its own, or the client is not
 * instrumented. Deferred, so that a client hook can start the span with the attributes of its request.
 */
export const model: SpanMapping = {
  deferred: true,

  start(data, { conversationId, content }) {
    const offer = contentOffer(content, true);
    const requested = asNonEmptyString(data.model) ?? asNonEmptyString(asRecord(data._response)?.model);
    return {
      name: spanName(OPERATION_CHAT, requested),
      kind: SpanKind.CLIENT,
      attributes: {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
        [semconv.ATTR_GEN_AI_PROVIDER_NAME]: 'openai',
        [semconv.ATTR_GEN_AI_REQUEST_MODEL]: requested,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
      },
      // A client hook may still claim the span, and then it has the request.
      details: offer && { contentOffer: offer },
    };
  },

  end(data) {
    const modelResponse = readSpanResponse(data);
    return {
      attributes: modelResponse === undefined ? {} : modelResponseAttributes(modelResponse),
      modelResponse,
    };
  },
};

/** A `response` span holds the API's response, a `generation` span a chat completion, in some cases with separate usage. */
function readSpanResponse(data: UnknownRecord): ModelResponseDetails | undefined {
  if (data.type === 'response') return readResponsesResponse(data._response);
  const completion = asArray(data.output)[0];
  const response = readChatResponse(completion);
  if (response === undefined) return undefined;
  return { ...response, usage: response.usage ?? readChatUsage(data.usage) };
}
