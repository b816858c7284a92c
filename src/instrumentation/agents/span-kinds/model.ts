import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asArray, asRecord, asText, type ForeignRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
} from '../../../semconv/attributes.js';
import { OPERATION_CHAT, spanName } from '../../../semconv/operations.js';
import { readChatResponse, readChatUsage } from '../../openai/chat-completions/response.js';
import { type ModelResponse, modelResponseAttributes } from '../../openai/model-response.js';
import { readResponsesResponse } from '../../openai/responses/response.js';
import type { SpanKind } from './span-kind.js';

/**
 * A model call that no client hook has seen: a provider with a transport of its own, or a client that is not
 * instrumented. Deferred, so that a client hook can start the span with what the request says.
 */
export const model: SpanKind = {
  deferred: true,

  start(data, { conversationId }) {
    const requested = asText(data.model) ?? asText(asRecord(data._response)?.model);
    return {
      name: spanName(OPERATION_CHAT, requested),
      kind: OtelSpanKind.CLIENT,
      attributes: {
        [ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
        [ATTR_GEN_AI_PROVIDER_NAME]: 'openai',
        [ATTR_GEN_AI_REQUEST_MODEL]: requested,
        [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
      },
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

/** `response` spans hold the API's response; `generation` spans a chat completion, usage apart in some cases. */
function readSpanResponse(data: ForeignRecord): ModelResponse | undefined {
  if (data.type === 'response') return readResponsesResponse(data._response);
  const completion = asArray(data.output)[0];
  const response = readChatResponse(completion);
  if (response === undefined) return undefined;
  return { ...response, usage: response.usage ?? readChatUsage(data.usage) };
}
