import { createHash } from 'node:crypto';
import type { SseEvent } from '../../http/sse.js';
import type { SpeechRequest } from './request.js';

const CHUNKS = 4;
const CHUNK_BYTES = 1_024;

/** Bytes that depend on the text alone and are not real audio. */
export function* soundOf({ input }: SpeechRequest): Generator<Uint8Array, void, void> {
  for (let index = 0; index < CHUNKS; index += 1) {
    const digest = createHash('sha256').update(`${index}:${input}`).digest();
    const chunk = Buffer.alloc(CHUNK_BYTES, digest);
    // Each chunk starts like a frame of MP3.
    chunk.writeUInt16BE(0xfffb, 0);
    yield chunk;
  }
}

export function* events(request: SpeechRequest): Generator<SseEvent, void, void> {
  for (const chunk of soundOf(request)) {
    const type = 'speech.audio.delta';
    yield { event: type, data: { type, audio: Buffer.from(chunk).toString('base64') } };
  }
  const type = 'speech.audio.done';
  yield { event: type, data: { type, usage: usage(request) } };
}

/** Ten audio tokens per text token: rough, but above zero and growing with the text. */
function usage({ input }: SpeechRequest) {
  const text = Math.ceil(input.length / 4);
  return { input_tokens: text, output_tokens: text * 10, total_tokens: text * 11 };
}
