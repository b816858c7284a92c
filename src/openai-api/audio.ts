import type { Attributes } from '@opentelemetry/api';
import {
  asNonEmptyString,
  asNumber,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage } from '../semconv/messages.js';
import { SPAN_TYPE_SPEECH, SPAN_TYPE_TRANSCRIPTION, SPAN_TYPE_TRANSLATION } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type ChunkAccumulator, type ClientOperation } from './client-operation.js';
import { textParts, uploadPart } from './message-parts.js';
import type { ModelResponseDetails } from './model-response.js';
import { readUsage } from './usage.js';

/** A text read aloud. The result is a `Response` whose body belongs to the application, so it is not read. */
export const speech: ClientOperation = {
  resource: ['Audio', 'Speech'],
  method: 'create',
  everywhere: true,
  callType: SPAN_TYPE_SPEECH,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(model),
    [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: 'speech',
  }),
  requestDetails: speechRequestDetails,
  readResponse: (value) => (isRecord(value) ? {} : undefined),
};

function speechRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const input = textParts(request.input);
  const instructions = textParts(request.instructions);
  return {
    messages: input.length > 0 ? [{ role: 'user', parts: input }] : [],
    ...(instructions.length > 0 && { systemInstructions: instructions }),
  };
}

/** Assembles the events of a streamed transcription. The last event has the whole text. */
export class TranscriptChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  #text = '';
  #usage: unknown;
  #complete = false;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get response(): unknown {
    return { text: this.#text, usage: this.#usage };
  }

  add(event: unknown): void {
    if (!isRecord(event) || this.#complete) return;
    if (event.type === 'transcript.text.delta') {
      if (this.#keepContent) this.#text += asString(event.delta) ?? '';
    } else if (event.type === 'transcript.text.done') {
      this.#complete = true;
      this.#usage = event.usage;
      if (this.#keepContent) this.#text = asString(event.text) ?? this.#text;
    }
  }
}

export function transcriptRequestAttributes(request: UnknownRecord): Attributes {
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(request.model),
    [semconv.ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(request.temperature),
  };
}

export function transcriptRequestDetails(request: UnknownRecord): ModelRequestDetails {
  return {
    messages: [{ role: 'user', parts: [...textParts(request.prompt), uploadPart('audio', request.file)] }],
  };
}

/** The API answers with an object or, if `response_format` is `text`, `srt` or `vtt`, with the text alone. */
export function readTranscript(value: unknown): ModelResponseDetails | undefined {
  if (typeof value === 'string') return {};
  if (!isRecord(value) || typeof value.text !== 'string') return undefined;
  const usage = asRecord(value.usage);
  if (usage?.type !== 'duration') return { usage: readUsage(value.usage) };
  // Models that are billed by the duration of the audio have no tokens.
  return { attributes: { [semconv.ATTR_OPENAI_AGENTS_USAGE_AUDIO_SECONDS]: asNumber(usage.seconds) } };
}

export function transcriptMessages(value: unknown): GenAiMessage[] {
  const parts = textParts(asString(value) ?? asRecord(value)?.text);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** The part that transcription and translation share. */
const TRANSCRIPT = {
  method: 'create',
  everywhere: true,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: transcriptRequestAttributes,
  requestDetails: transcriptRequestDetails,
  readResponse: readTranscript,
  outputMessages: transcriptMessages,
} satisfies Partial<ClientOperation>;

export const audio: readonly ClientOperation[] = [
  speech,
  {
    ...TRANSCRIPT,
    resource: ['Audio', 'Transcriptions'],
    callType: SPAN_TYPE_TRANSCRIPTION,
    accumulateChunks: (keepContent) => new TranscriptChunks(keepContent),
  },
  { ...TRANSCRIPT, resource: ['Audio', 'Translations'], callType: SPAN_TYPE_TRANSLATION },
];
