import { derivedId } from '../ids.js';
import type { ImagesRequest } from './request.js';

/** The smallest valid image: one transparent pixel. */
export const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const TOKENS_OF_QUALITY: Readonly<Record<string, number>> = { low: 272, medium: 1056, high: 4160 };
const TOKENS_OF_GIVEN_IMAGE = 194;

export function reply(request: ImagesRequest, seed: string, created: number): object {
  const data = Array.from({ length: request.n }, (_, index) =>
    request.asUrl
      ? { url: `https://images.example.com/${derivedId('img-', seed, index)}.png`, ...revised(request) }
      : { b64_json: PIXEL, ...revised(request) },
  );
  return { created, data, ...(isGptImage(request) && { ...look(request), usage: usage(request) }) };
}

/** The older models report neither tokens nor the settings of the image. */
function isGptImage({ model }: ImagesRequest): boolean {
  return !model.startsWith('dall-e-');
}

function revised({ model, prompt }: ImagesRequest): { revised_prompt?: string } {
  return model === 'dall-e-3' ? { revised_prompt: `A detailed picture: ${prompt}` } : {};
}

export function look({ size, quality, background, outputFormat }: ImagesRequest) {
  return { size, quality, background, output_format: outputFormat };
}

export function usage({ prompt, given, n, quality }: ImagesRequest) {
  const text = Math.ceil(prompt.length / 4);
  const image = given * TOKENS_OF_GIVEN_IMAGE;
  const output = n * (TOKENS_OF_QUALITY[quality] ?? 1056);
  return {
    input_tokens: text + image,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens: output,
    output_tokens_details: { text_tokens: 0, image_tokens: output },
    total_tokens: text + image + output,
  };
}
