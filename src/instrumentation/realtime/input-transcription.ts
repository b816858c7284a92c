import { type Context, type Span, SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../foreign/json.js';
import { asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_OPENAI_AGENTS_OUTCOME,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
  ERROR_TYPE_OTHER,
  OUTCOME_CANCELLED,
} from '../../semconv/attributes.js';
import { SPAN_TYPE_TRANSCRIPTION, spanName } from '../../semconv/operations.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { spanContent } from '../content-attributes.js';
import { failure, recordFailure } from '../failure.js';
import { readTranscript, transcriptMessages } from '../openai/audio/transcript.js';
import { modelResponseAttributes } from '../openai/model-response.js';
import { startSpan } from '../telemetry.js';
import type { ConnectionScope } from './connection-scope.js';

/**
 * What the user said is made a text by another model than the one that answers, beside it and billed apart: a model
 * call of its own, as a transcription by the client is one.
 */
export class InputTranscription {
  readonly #scope: ConnectionScope;
  readonly #span: Span;

  constructor(
    scope: ConnectionScope,
    parent: Context,
    model: string | undefined,
    conversationId: string | undefined,
  ) {
    this.#scope = scope;
    this.#span = startSpan(
      scope.telemetry,
      spanName(SPAN_TYPE_TRANSCRIPTION, model),
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_TRANSCRIPTION,
          ...scope.endpoint,
          [ATTR_GEN_AI_REQUEST_MODEL]: model,
          [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        },
      },
      parent,
    );
  }

  /** `conversation.item.input_audio_transcription.completed` came. */
  complete(event: ForeignRecord): void {
    const answer = { text: asText(event.transcript) ?? '', usage: event.usage };
    const response = readTranscript(answer);
    if (response !== undefined) this.#span.setAttributes(modelResponseAttributes(response));
    const { wanted, onSpan, lengthLimit } = this.#scope.content;
    const messages = wanted ? transcriptMessages(answer) : [];
    if (onSpan && messages.length > 0) {
      const given = { [ATTR_GEN_AI_OUTPUT_MESSAGES]: messages as readonly unknown[] as JsonValue };
      this.#span.setAttributes(spanContent(given, lengthLimit));
    }
    if (messages.length > 0 && signalsWanted()) {
      publishSignal({ type: 'model.output', span: this.#span.spanContext(), time: Date.now(), messages });
    }
    this.#span.end();
  }

  /** `conversation.item.input_audio_transcription.failed` came. */
  fail(event: ForeignRecord): void {
    const error = asRecord(event.error);
    const type = asText(error?.code) ?? asText(error?.type) ?? ERROR_TYPE_OTHER;
    recordFailure(this.#span, failure(type, asText(error?.message) ?? 'The transcription failed'));
    this.#span.end();
  }

  abandon(): void {
    this.#span.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
    this.#span.end();
  }
}
