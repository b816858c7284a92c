import { SpanKind } from '@opentelemetry/api';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../../json/readers.js';
import { modelResponseAttributes } from '../../../openai-api/model-response.js';
import type { ProviderModel } from '../../../openai-api/provider-name.js';
import { responsesOutputMessages, responsesRequestDetails } from '../../../openai-api/responses/messages.js';
import { readResponsesResponse } from '../../../openai-api/responses/response.js';
import * as semconv from '../../../semconv/attributes.js';
import { OPERATION_CHAT, spanName } from '../../../semconv/operations.js';
import { contentOffer } from '../../../spans/content-policy.js';
import {
  generationModel,
  generationOutput,
  generationRequest,
  generationResponse,
} from '../generation-data.js';
import { SocketCall } from '../socket-calls.js';
import type { SpanMapping } from './span-mapping.js';

/**
 * A model call that no client hook has claimed: the model is another vendor's, the provider has a transport of its own,
 * or the client is not instrumented. Deferred, so that a client hook can start the span with the attributes of its
 * request, and because a `generation` span learns its model after its start.
 */
export const model: SpanMapping = {
  deferred: true,

  start(data, { conversationId, content }) {
    const offer = contentOffer(content, true);
    const named = modelOf(data);
    return {
      name: spanName(OPERATION_CHAT, named.model),
      kind: SpanKind.CLIENT,
      attributes: {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
        ...modelAttributes(named),
        ...socketCallOf(data)?.endpoint,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
      },
      // A client hook may still claim the span, and then it has the request.
      details: offer && (() => ({ contentOffer: offer })),
      offer,
    };
  },

  end(data, { content }) {
    const isResponse = data.type === 'response';
    const socketCall = socketCallOf(data);
    const read = isResponse ? readResponsesResponse(data._response) : generationResponse(data);
    const modelResponse = socketCall?.failure === undefined ? read : { failure: socketCall.failure, ...read };
    const named = modelOf(data);
    return {
      name: spanName(OPERATION_CHAT, named.model),
      attributes: {
        ...modelAttributes(named),
        ...socketCall?.endpoint,
        ...(modelResponse !== undefined && modelResponseAttributes(modelResponse)),
      },
      modelResponse,
      ...(content.wanted && {
        modelRequest: isResponse ? responseRequest(data) : generationRequest(data),
        modelOutput: isResponse ? responsesOutputMessages(data._response) : generationOutput(data),
      }),
    };
  },
};

/** A `response` span is that of OpenAI's API; a `generation` span may be any model's. */
function modelOf(data: UnknownRecord): ProviderModel {
  if (data.type !== 'response') return generationModel(data);
  const requested =
    socketCallOf(data)?.model ??
    asNonEmptyString(data.model) ??
    asNonEmptyString(asRecord(data._response)?.model);
  return { provider: 'openai', model: requested };
}

function modelAttributes({ provider, model }: ProviderModel) {
  return {
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: provider,
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
  };
}

/** The span has the input, and the response repeats the instructions. */
function responseRequest({ _input, _response }: UnknownRecord) {
  const instructions = asRecord(_response)?.instructions;
  return _input === undefined ? undefined : responsesRequestDetails({ input: _input, instructions });
}

function socketCallOf({ socketCall }: UnknownRecord): SocketCall | undefined {
  return socketCall instanceof SocketCall ? socketCall : undefined;
}
