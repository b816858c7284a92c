import { z } from 'zod';
import { checkBody } from '../check-body.js';

const partSchema = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
]);

const requestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(partSchema).min(1)]),
});

export type ModerationsRequest = z.infer<typeof requestSchema>;

export function readRequest(body: unknown): ModerationsRequest {
  return checkBody(requestSchema, body);
}

/** The texts that are judged: each text, or all parts of a multimodal input together. */
export interface Judged {
  readonly text: string;
  readonly kinds: readonly ('text' | 'image')[];
}

export function judgedInputs({ input }: ModerationsRequest): Judged[] {
  if (typeof input === 'string') return [{ text: input, kinds: ['text'] }];
  const parts = input.map((part) =>
    typeof part === 'string' ? { type: 'only' as const, text: part } : part,
  );
  const texts = parts.flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []));
  if (parts.every((part) => part.type === 'only')) return texts.map((text) => ({ text, kinds: ['text'] }));
  const kinds: Judged['kinds'] = [
    ...(texts.length > 0 ? (['text'] as const) : []),
    ...(parts.some((part) => part.type === 'image_url') ? (['image'] as const) : []),
  ];
  return [{ text: texts.join('\n'), kinds }];
}
