import type { Attributes } from '@opentelemetry/api';
import { asArray, asText, type ForeignRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
} from '../../../semconv/attributes.js';
import type { MessagePart } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { choiceCountAttribute } from '../choice-count.js';
import { uploadPart } from './upload-part.js';

export function imagesRequestAttributes(request: ForeignRecord): Attributes {
  return {
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(request.model),
    [ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: choiceCountAttribute(request.n),
    [ATTR_GEN_AI_OUTPUT_TYPE]: 'image',
  };
}

/** One message: what the image shall be, and the images to make it from. */
export function imagesRequestDetails(request: ForeignRecord): ModelRequestDetails {
  const prompt = asText(request.prompt);
  const images = Array.isArray(request.image) ? asArray(request.image) : [request.image];
  const parts: MessagePart[] = [
    ...(prompt === undefined ? [] : [{ type: 'text' as const, content: prompt }]),
    ...images.filter(isGiven).map((image) => uploadPart('image', image)),
    ...(['mask', 'markup'] as const)
      .filter((use) => isGiven(request[use]))
      .map((use) => ({ ...uploadPart('image', request[use]), use })),
  ];
  return { messages: parts.length > 0 ? [{ role: 'user', parts }] : [] };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
