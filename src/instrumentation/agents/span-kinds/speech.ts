import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText, type ForeignRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
} from '../../../semconv/attributes.js';
import type { Message } from '../../../semconv/messages.js';
import { SPAN_TYPE_SPEECH, spanName } from '../../../semconv/operations.js';
import type { SpanKind } from './span-kind.js';

/** A text read aloud, in the application's own code: the SDK makes no such span. Its sound is not read. Deferred, so that a
 * client hook can start the span with what the request says. */
export const speech: SpanKind = {
  deferred: true,

  start(data, { conversationId, contentOnSpan, contentWanted }) {
    const messages = inputMessages(data);
    return {
      ...named(data),
      kind: OtelSpanKind.CLIENT,
      attributes: {
        [ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_SPEECH,
        [ATTR_GEN_AI_REQUEST_MODEL]: asText(data.model),
        [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [ATTR_GEN_AI_OUTPUT_TYPE]: 'speech',
        [ATTR_GEN_AI_INPUT_MESSAGES]:
          contentOnSpan && messages.length > 0 ? JSON.stringify(messages) : undefined,
      },
      details: contentWanted && messages.length > 0 ? { modelRequest: { messages } } : undefined,
    };
  },

  end: (data) => ({
    // The application may have said only now which model it was.
    ...named(data),
    attributes: { [ATTR_GEN_AI_REQUEST_MODEL]: asText(data.model) },
  }),
};

function inputMessages({ input }: ForeignRecord): Message[] {
  const content = asText(input);
  return content === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content }] }];
}

function named({ model }: ForeignRecord): { name: string } {
  return { name: spanName(SPAN_TYPE_SPEECH, asText(model)) };
}
