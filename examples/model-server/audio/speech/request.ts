import { z } from 'zod';
import { checkBody } from '../../check-body.js';

/** Content types of the formats. */
const CONTENT_TYPES = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
} as const;

const requestSchema = z.looseObject({
  model: z.string(),
  input: z.string().min(1).max(4096),
  voice: z.union([z.string(), z.looseObject({ id: z.string() })]),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).nullish(),
  stream_format: z.enum(['sse', 'audio']).nullish(),
});

export type SpeechRequest = z.infer<typeof requestSchema>;

export function readRequest(body: unknown): SpeechRequest {
  return checkBody(requestSchema, body);
}

export function contentTypeOf({ response_format: format }: SpeechRequest): string {
  return CONTENT_TYPES[format ?? 'mp3'];
}
