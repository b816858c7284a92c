import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../../json/json.js';
import { asNonEmptyString, type UnknownRecord } from '../../../json/readers.js';
import { transcriptMessages } from '../../../openai-api/audio.js';
import * as semconv from '../../../semconv/attributes.js';
import { type GenAiMessage, withFinishReasons } from '../../../semconv/messages.js';
import { SPAN_TYPE_SPEECH, SPAN_TYPE_TRANSCRIPTION, spanName } from '../../../semconv/operations.js';
import type { ContentPolicy } from '../../../spans/content-policy.js';
import { contentText, type SpanMapping } from './span-mapping.js';

/**
 * The provider, until the call of a client names its own. The SDK has these spans for OpenAI's voice models, and they
 * have no member that names another provider (0.3.9 to 0.20.0).
 */
const VOICE_PROVIDER = 'openai';

/**
 * A text read aloud, in a span that the application's own code creates; the SDK creates none. The audio is not read.
 * Deferred, so that a client hook can start the span with the attributes of its request.
 */
export const speech: SpanMapping = {
  deferred: true,

  start(data, { conversationId, content }) {
    const messages = () => inputMessages(data);
    return {
      ...speechName(data),
      kind: SpanKind.CLIENT,
      attributes: {
        [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_SPEECH,
        [semconv.ATTR_GEN_AI_PROVIDER_NAME]: VOICE_PROVIDER,
        [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(data.model),
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: 'speech',
      },
      content: () => messagesContent(semconv.ATTR_GEN_AI_INPUT_MESSAGES, messages(), content),
      details: () => {
        const known = content.wanted ? messages() : [];
        return known.length > 0 ? { modelRequest: { messages: known } } : undefined;
      },
    };
  },

  end: (data) => ({
    // The application may set the model as late as this.
    ...speechName(data),
    attributes: { [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(data.model) },
  }),
};

function inputMessages({ input }: UnknownRecord): GenAiMessage[] {
  const content = asNonEmptyString(input);
  return content === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content }] }];
}

function speechName({ model }: UnknownRecord): { name: string } {
  return { name: spanName(SPAN_TYPE_SPEECH, asNonEmptyString(model)) };
}

/**
 * Speech turned into text, in a span that the application's own code creates; the SDK creates none. The audio is not
 * read. Deferred like {@link speech}.
 */
export const transcription: SpanMapping = {
  deferred: true,

  start: (data, { conversationId }) => ({
    ...transcriptionName(data),
    kind: SpanKind.CLIENT,
    attributes: {
      [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_TRANSCRIPTION,
      [semconv.ATTR_GEN_AI_PROVIDER_NAME]: VOICE_PROVIDER,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(data.model),
      [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
    },
  }),

  end(data, { content }) {
    const messages = content.onSpan ? withFinishReasons(transcriptMessages(data.output), undefined) : [];
    return {
      // The application may set the model as late as this.
      ...transcriptionName(data),
      attributes: {
        [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(data.model),
        ...messagesContent(semconv.ATTR_GEN_AI_OUTPUT_MESSAGES, messages, content),
      },
    };
  },
};

function messagesContent(name: string, messages: readonly unknown[], content: ContentPolicy): Attributes {
  const text = messages.length > 0 ? contentText(name, messages as JsonValue[], content) : undefined;
  return { [name]: text };
}

function transcriptionName({ model }: UnknownRecord): { name: string } {
  return { name: spanName(SPAN_TYPE_TRANSCRIPTION, asNonEmptyString(model)) };
}
