import { asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_OUTPUT_TYPE, ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { SPAN_TYPE_SPEECH } from '../../../semconv/operations.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';

/** A text read aloud. The answer is a `Response` whose body only the application may read: nothing is taken from it. */
export const speech: ClientOperation = {
  resource: ['Audio', 'Speech'],
  method: 'create',
  everywhere: true,
  spanType: SPAN_TYPE_SPEECH,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(model),
    [ATTR_GEN_AI_OUTPUT_TYPE]: 'speech',
  }),
  requestDetails: speechRequestDetails,
  readResponse: (value) => (isRecord(value) ? {} : undefined),
};

function speechRequestDetails(request: ForeignRecord): ModelRequestDetails {
  const input = asText(request.input);
  const instructions = asText(request.instructions);
  return {
    messages: input === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content: input }] }],
    ...(instructions !== undefined && { systemInstructions: [{ type: 'text', content: instructions }] }),
  };
}
