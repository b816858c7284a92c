import { asArray, asNumber, asRecord, asText, isRecord } from '../../../foreign/read.js';
import type { Message, MessagePart } from '../../../semconv/messages.js';
import { mediaPart } from '../media-part.js';
import type { ModelResponse } from '../model-response.js';
import { readResponsesUsage } from '../responses/usage.js';

export function readImagesResponse(value: unknown): ModelResponse | undefined {
  if (!isRecord(value)) return undefined;
  if (!Array.isArray(value.data) && asNumber(value.created) === undefined) return undefined;
  return { usage: readResponsesUsage(value.usage) };
}

/** Each image is an answer of its own. */
export function imagesOutputMessages(response: unknown): Message[] {
  const record = asRecord(response);
  const mimeType = imageMimeType(asText(record?.output_format) ?? 'png');
  return asArray(record?.data)
    .filter(isRecord)
    .map((image) => {
      const parts: MessagePart[] = [];
      const content = asText(image.b64_json);
      const url = asText(image.url);
      if (content !== undefined) {
        parts.push({ type: 'blob', modality: 'image', content, mime_type: mimeType });
      } else if (url !== undefined) {
        parts.push(mediaPart('image', url));
      }
      // A part of its own kind, as it is not what the model says to the user.
      const revisedPrompt = asText(image.revised_prompt);
      if (revisedPrompt !== undefined) parts.push({ type: 'revised_prompt', content: revisedPrompt });
      return { role: 'assistant', parts };
    });
}

function imageMimeType(format: string): string {
  return format === 'svg' ? 'image/svg+xml' : `image/${format}`;
}
