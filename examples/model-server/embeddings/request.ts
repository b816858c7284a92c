import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody, hasModel } from '../check-body.js';

const token = z.int().nonnegative();

const requestSchema = z.looseObject({
  model: z.string(),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1),
    z.array(token).min(1),
    z.array(z.array(token).min(1)).min(1),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().positive().max(4096).nullish(),
});

export type EmbeddingsRequest = z.infer<typeof requestSchema>;

export function readRequest(body: unknown): EmbeddingsRequest {
  if (!hasModel(body)) throw invalidRequest('you must provide a model parameter');
  return checkBody(requestSchema, body);
}

/** The inputs to embed, one per vector: texts or tokens. */
export function inputsOf({ input }: EmbeddingsRequest): (string | number[])[] {
  if (typeof input === 'string') return [input];
  return isTokens(input) ? [input] : input;
}

function isTokens(input: string[] | number[] | number[][]): input is number[] {
  return typeof input[0] === 'number';
}
