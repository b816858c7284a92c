import { z } from 'zod';
import { checkBody } from '../check-body.js';

/** A form has only texts, so a number or a boolean can arrive as a text. */
const flag = z.union([z.boolean(), z.stringbool()]);
const file = z.looseObject({ filename: z.string(), type: z.string(), size: z.number() });

const members = {
  n: z.coerce.number().int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  quality: z.string().nullish(),
  background: z.string().nullish(),
  output_format: z.enum(['png', 'webp', 'jpeg']).nullish(),
  response_format: z.enum(['url', 'b64_json']).nullish(),
};
const streamed = {
  stream: flag.nullish(),
  partial_images: z.coerce.number().int().min(0).max(3).nullish(),
};

const generationSchema = z.looseObject({
  model: z.string().nullish(),
  prompt: z.string().min(1),
  ...members,
  ...streamed,
});
const editSchema = z.looseObject({
  model: z.string().nullish(),
  prompt: z.string().min(1),
  image: z.union([file, z.array(file).min(1)]),
  mask: file.optional(),
  ...members,
  ...streamed,
});
const variationSchema = z.looseObject({ model: z.string().nullish(), image: file, ...members });

/** A request to any of the three endpoints. */
export interface ImagesRequest {
  readonly model: string;
  readonly prompt: string;
  /** The number of images in the request. */
  readonly given: number;
  readonly n: number;
  readonly stream: boolean;
  readonly partialImages: number;
  readonly size: string;
  readonly quality: string;
  readonly background: string;
  readonly outputFormat: string;
  readonly asUrl: boolean;
}

export function readGeneration(body: unknown): ImagesRequest {
  const request = checkBody(generationSchema, body);
  return asked(request.model ?? 'gpt-image-1', { ...request, given: 0 });
}

export function readEdit(body: unknown): ImagesRequest {
  const request = checkBody(editSchema, body);
  const images = Array.isArray(request.image) ? request.image.length : 1;
  return asked(request.model ?? 'gpt-image-1', { ...request, given: images + (request.mask ? 1 : 0) });
}

export function readVariation(body: unknown): ImagesRequest {
  const request = checkBody(variationSchema, body);
  return asked(request.model ?? 'dall-e-2', { ...request, given: 1 });
}

type Asked = z.infer<z.ZodObject<typeof members>> &
  Partial<z.infer<z.ZodObject<typeof streamed>>> & { readonly prompt?: string; readonly given: number };

function asked(model: string, request: Asked): ImagesRequest {
  const format = request.response_format ?? (model.startsWith('dall-e-') ? 'url' : 'b64_json');
  return {
    model,
    prompt: request.prompt ?? '',
    given: request.given,
    n: request.n ?? 1,
    stream: request.stream ?? false,
    partialImages: request.partial_images ?? 0,
    size: answering(request.size, '1024x1024'),
    quality: answering(request.quality, 'medium'),
    background: answering(request.background, 'opaque'),
    outputFormat: request.output_format ?? 'png',
    asUrl: format === 'url',
  };
}

/** The value that the request left to the model is answered with the model's choice. */
function answering(sent: string | null | undefined, chosen: string): string {
  return sent === undefined || sent === null || sent === 'auto' ? chosen : sent;
}
