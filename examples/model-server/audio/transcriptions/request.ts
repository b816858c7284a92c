import { z } from 'zod';
import { checkBody } from '../../check-body.js';

const requestSchema = z.looseObject({
  model: z.string(),
  file: z.looseObject({ filename: z.string(), type: z.string(), size: z.number() }),
  prompt: z.string().optional(),
  language: z.string().optional(),
  response_format: z.enum(['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json']).nullish(),
  timestamp_granularities: z.union([z.string(), z.array(z.string())]).optional(),
  /** A form has only texts. */
  stream: z.union([z.boolean(), z.stringbool()]).nullish(),
});

export type TranscriptionRequest = z.infer<typeof requestSchema>;

export function readRequest(body: unknown): TranscriptionRequest {
  return checkBody(requestSchema, body);
}

const BYTES_PER_SECOND = 16_000;

/** The duration of the audio, estimated from the size of its file: rough, but above zero. */
export function secondsOf({ file }: TranscriptionRequest): number {
  return Math.max(1, Math.ceil(file.size / BYTES_PER_SECOND));
}
