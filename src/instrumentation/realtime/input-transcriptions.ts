import { type Context, SpanKind } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { readTranscript, transcriptMessages } from '../../openai-api/audio.js';
import { modelResponseAttributes } from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { failure } from '../../semconv/failure.js';
import { withFinishReasons } from '../../semconv/messages.js';
import { SPAN_TYPE_TRANSCRIPTION, spanName } from '../../semconv/operations.js';
import { RecordedSpan, type RecordedSpanEnd } from '../../spans/recorded-span.js';
import { type ConnectionScope, MAX_OPEN } from './connection-scope.js';

/**
 * The transcriptions of what the user says, by the id of the conversation item. Another model makes them than the one
 * that answers, and its tokens are billed separately. Each is therefore a model call of its own, with the span of a
 * transcription by the client.
 */
export class InputTranscriptions {
  readonly #scope: ConnectionScope;
  readonly #parent: Context;
  readonly #open = new BoundedMap<string, RecordedSpan>(MAX_OPEN, (span) =>
    this.#end(span, { cancelled: true }),
  );

  constructor(scope: ConnectionScope, parent: Context) {
    this.#scope = scope;
    this.#parent = parent;
  }

  /** The user has finished speaking: if the session transcribes input, the transcription begins. */
  begin(itemId: string | undefined): void {
    if (itemId === undefined || this.#scope.config?.transcriptionModel === undefined) return;
    this.#open.set(itemId, this.#start());
  }

  /** @param event - `conversation.item.input_audio_transcription.completed`. */
  complete(itemId: string | undefined, event: UnknownRecord): void {
    const span = this.#removeOrStart(itemId);
    const transcript = { text: asNonEmptyString(event.transcript) ?? '', usage: event.usage };
    const response = readTranscript(transcript);
    if (response !== undefined) span.span.setAttributes(modelResponseAttributes(response));
    const messages = this.#scope.content.wanted
      ? withFinishReasons(transcriptMessages(transcript), undefined)
      : [];
    if (messages.length > 0) {
      const output = messages as readonly unknown[] as JsonValue;
      span.setContent({ [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: output }, this.#scope.content);
      span.publish(() => ({ type: 'model.output', messages }));
    }
    this.#end(span, {});
  }

  /** @param event - `conversation.item.input_audio_transcription.failed`. */
  fail(itemId: string | undefined, event: UnknownRecord): void {
    const error = asRecord(event.error);
    const type = asNonEmptyString(error?.code) ?? asNonEmptyString(error?.type) ?? semconv.ERROR_TYPE_OTHER;
    const message = asNonEmptyString(error?.message);
    this.#end(this.#removeOrStart(itemId), { failure: failure(type, message, 'The transcription failed') });
  }

  abandonAll(): void {
    for (const span of this.#open.removeAll()) this.#end(span, { cancelled: true });
  }

  /** The first transcription begins before the first response, which brings the identifier of the conversation. */
  #end(span: RecordedSpan, end: RecordedSpanEnd): void {
    span.span.setAttributes({ [semconv.ATTR_GEN_AI_CONVERSATION_ID]: this.#scope.knownConversationId });
    span.end(end);
  }

  /** The open transcription of an item, or a new one if its beginning was not reported. */
  #removeOrStart(itemId: string | undefined): RecordedSpan {
    const open = itemId === undefined ? undefined : this.#open.remove(itemId);
    return open ?? this.#start();
  }

  #start(): RecordedSpan {
    const { telemetry, endpoint, config, knownConversationId } = this.#scope;
    const model = config?.transcriptionModel;
    return RecordedSpan.start(
      telemetry,
      {
        name: spanName(SPAN_TYPE_TRANSCRIPTION, model),
        kind: SpanKind.CLIENT,
        attributes: {
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_TRANSCRIPTION,
          ...endpoint,
          [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: knownConversationId,
        },
      },
      this.#parent,
    );
  }
}
