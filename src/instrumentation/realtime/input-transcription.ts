import { type Context, type Span, SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { readTranscript, transcriptMessages } from '../../openai-api/audio.js';
import { modelResponseAttributes } from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { failure, recordFailure } from '../../semconv/failure.js';
import { SPAN_TYPE_TRANSCRIPTION, spanName } from '../../semconv/operations.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { spanContent } from '../../spans/content-attributes.js';
import { startSpan } from '../../spans/telemetry.js';
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
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_TRANSCRIPTION,
          ...scope.endpoint,
          [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        },
      },
      parent,
    );
  }

  /** `conversation.item.input_audio_transcription.completed` came. */
  complete(event: UnknownRecord): void {
    const answer = { text: asNonEmptyString(event.transcript) ?? '', usage: event.usage };
    const response = readTranscript(answer);
    if (response !== undefined) this.#span.setAttributes(modelResponseAttributes(response));
    const { wanted, onSpan, lengthLimit } = this.#scope.content;
    const messages = wanted ? transcriptMessages(answer) : [];
    if (onSpan && messages.length > 0) {
      const given = { [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messages as readonly unknown[] as JsonValue };
      this.#span.setAttributes(spanContent(given, lengthLimit));
    }
    if (messages.length > 0 && signalsWanted()) {
      publishSignal({ type: 'model.output', span: this.#span.spanContext(), time: Date.now(), messages });
    }
    this.#span.end();
  }

  /** `conversation.item.input_audio_transcription.failed` came. */
  fail(event: UnknownRecord): void {
    const error = asRecord(event.error);
    const type = asNonEmptyString(error?.code) ?? asNonEmptyString(error?.type) ?? semconv.ERROR_TYPE_OTHER;
    recordFailure(this.#span, failure(type, asNonEmptyString(error?.message) ?? 'The transcription failed'));
    this.#span.end();
  }

  abandon(): void {
    this.#span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    this.#span.end();
  }
}
