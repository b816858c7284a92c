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
import type { Message, MessagePart } from '../semconv/messages.js';
import { SPAN_TYPE_SPEECH, SPAN_TYPE_TRANSCRIPTION, SPAN_TYPE_TRANSLATION } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type ChunkAccumulator, type ClientOperation } from './client-operation.js';
import { uploadPart } from './message-parts.js';
import type { ModelResponse } from './model-response.js';
import { readResponsesUsage, type Usage } from './usage.js';

/** A text read aloud. The answer is a `Response` whose body only the application may read: nothing is taken from it. */
export const speech: ClientOperation = {
  resource: ['Audio', 'Speech'],
  method: 'create',
  everywhere: true,
  spanType: SPAN_TYPE_SPEECH,
  spanTarget: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(model),
    [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: 'speech',
  }),
  requestDetails: speechRequestDetails,
  readResponse: (value) => (isRecord(value) ? {} : undefined),
};

function speechRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const input = asNonEmptyString(request.input);
  const instructions = asNonEmptyString(request.instructions);
  return {
    messages: input === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content: input }] }],
    ...(instructions !== undefined && { systemInstructions: [{ type: 'text', content: instructions }] }),
  };
}

/** Events of a streamed transcription put together to the transcription; the last one has all of its text. */
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

/** Sound made a text, in its own language or translated: what the two methods that do it have in common. */

export function transcriptRequestAttributes(request: UnknownRecord): Attributes {
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(request.model),
    [semconv.ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(request.temperature),
  };
}

export function transcriptRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const prompt = asNonEmptyString(request.prompt);
  const parts: MessagePart[] = [
    ...(prompt === undefined ? [] : [{ type: 'text' as const, content: prompt }]),
    uploadPart('audio', request.file),
  ];
  return { messages: [{ role: 'user', parts }] };
}

/** The API answers with an object or, for `response_format` of `text`, `srt` and `vtt`, with the text alone. */
export function readTranscript(value: unknown): ModelResponse | undefined {
  if (typeof value === 'string') return {};
  if (!isRecord(value) || typeof value.text !== 'string') return undefined;
  return { usage: readUsage(value.usage) };
}

export function transcriptMessages(value: unknown): Message[] {
  const content = asNonEmptyString(asString(value) ?? asRecord(value)?.text);
  return content === undefined ? [] : [{ role: 'assistant', parts: [{ type: 'text', content }] }];
}

/** Some models are billed by the sound's duration, for which the convention has no name. */
function readUsage(value: unknown): Usage | undefined {
  return asRecord(value)?.type === 'duration' ? undefined : readResponsesUsage(value);
}

const TRANSCRIPT = {
  method: 'create',
  everywhere: true,
  spanTarget: semconv.ATTR_GEN_AI_REQUEST_MODEL,
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
    spanType: SPAN_TYPE_TRANSCRIPTION,
    accumulateChunks: (keepContent) => new TranscriptChunks(keepContent),
  },
  { ...TRANSCRIPT, resource: ['Audio', 'Translations'], spanType: SPAN_TYPE_TRANSLATION },
];
