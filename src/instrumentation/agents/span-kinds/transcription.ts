import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText, type ForeignRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
} from '../../../semconv/attributes.js';
import { SPAN_TYPE_TRANSCRIPTION, spanName } from '../../../semconv/operations.js';
import { transcriptMessages } from '../../openai/audio/transcript.js';
import type { SpanKind } from './span-kind.js';

/** Speech made a text, in the application's own code: the SDK makes no such span. Its sound is not read. Deferred, so that a
 * client hook can start the span with what the request says. */
export const transcription: SpanKind = {
  deferred: true,

  start: (data, { conversationId }) => ({
    ...named(data),
    kind: OtelSpanKind.CLIENT,
    attributes: {
      [ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_TRANSCRIPTION,
      [ATTR_GEN_AI_REQUEST_MODEL]: asText(data.model),
      [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
    },
  }),

  end(data, { contentOnSpan }) {
    const messages = contentOnSpan ? transcriptMessages(data.output) : [];
    return {
      // The application may have said only now which model it was.
      ...named(data),
      attributes: {
        [ATTR_GEN_AI_REQUEST_MODEL]: asText(data.model),
        [ATTR_GEN_AI_OUTPUT_MESSAGES]: messages.length > 0 ? JSON.stringify(messages) : undefined,
      },
    };
  },
};

function named({ model }: ForeignRecord): { name: string } {
  return { name: spanName(SPAN_TYPE_TRANSCRIPTION, asText(model)) };
}
