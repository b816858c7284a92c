import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../semconv/messages.js';
import { OPERATION_GENERATE_CONTENT } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type ChunkAccumulator, type ClientOperation } from './client-operation.js';
import { blobPart, mediaPart, textParts, uploadPart } from './message-parts.js';
import type { ModelResponseDetails } from './model-response.js';
import { choiceCountAttribute } from './request-attributes.js';
import { readUsage } from './usage.js';

/** No `choiceCount`, because this API has no finish reasons. */
export const images: readonly ClientOperation[] = ['generate', 'edit', 'createVariation'].map((method) => ({
  resource: ['Images'],
  method,
  everywhere: true,
  operationName: OPERATION_GENERATE_CONTENT,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: imagesRequestAttributes,
  requestDetails: imagesRequestDetails,
  readResponse: readImagesResponse,
  outputMessages: imagesOutputMessages,
  accumulateChunks: (keepContent) => new ImageChunks(keepContent),
}));

const COMPLETED: ReadonlySet<unknown> = new Set(['image_generation.completed', 'image_edit.completed']);

/** Assembles the events of a streamed image into the response. A partial image does not count as an image. */
export class ImageChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  readonly #images: UnknownRecord[] = [];
  #last: UnknownRecord | undefined;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#last !== undefined;
  }

  get response(): unknown {
    return {
      data: [...this.#images],
      ...(this.#last && { output_format: this.#last.output_format, usage: this.#last.usage }),
    };
  }

  add(event: unknown): void {
    if (!isRecord(event) || !COMPLETED.has(event.type)) return;
    this.#last = event;
    if (this.#keepContent) this.#images.push({ b64_json: event.b64_json });
  }
}

export function imagesRequestAttributes(request: UnknownRecord): Attributes {
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(request.model),
    [semconv.ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: choiceCountAttribute(request.n),
    [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: 'image',
  };
}

/** One message: the prompt, and the images to start from. */
export function imagesRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const images = Array.isArray(request.image) ? asArray(request.image) : [request.image];
  const parts: MessagePart[] = [
    ...textParts(request.prompt),
    ...images.filter(isPresent).map((image) => uploadPart('image', image)),
    ...(['mask', 'markup'] as const)
      .filter((use) => isPresent(request[use]))
      .map((use) => ({ ...uploadPart('image', request[use]), use })),
  ];
  return { messages: parts.length > 0 ? [{ role: 'user', parts }] : [] };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function readImagesResponse(value: unknown): ModelResponseDetails | undefined {
  if (!isRecord(value)) return undefined;
  if (!Array.isArray(value.data) && asNumber(value.created) === undefined) return undefined;
  return { usage: readUsage(value.usage) };
}

/** One message per image, since each image is an answer of its own. */
export function imagesOutputMessages(response: unknown): GenAiMessage[] {
  const record = asRecord(response);
  const mimeType = imageMimeType(asNonEmptyString(record?.output_format) ?? 'png');
  return asArray(record?.data)
    .filter(isRecord)
    .map((image) => {
      const parts: MessagePart[] = [];
      const content = asNonEmptyString(image.b64_json);
      const url = asNonEmptyString(image.url);
      if (content !== undefined) {
        parts.push(blobPart('image', content, mimeType));
      } else if (url !== undefined) {
        parts.push(mediaPart('image', url));
      }
      // A part type of its own, because the model does not say this to the user.
      const revisedPrompt = asNonEmptyString(image.revised_prompt);
      if (revisedPrompt !== undefined) parts.push({ type: 'revised_prompt', content: revisedPrompt });
      return { role: 'assistant', parts };
    });
}

function imageMimeType(format: string): string {
  return format === 'svg' ? 'image/svg+xml' : `image/${format}`;
}
