import type { SseEvent } from '../../http/sse.js';
import { words } from '../../text-chunks.js';
import { secondsOf, type TranscriptionRequest } from './request.js';

/** The transcript of every file, since no file is listened to. */
export const TRANSCRIPT = 'This is what was said in the recording.';

export type Task = 'transcribe' | 'translate';

/** The answer in the requested format: an object or a plain text. */
export function reply(request: TranscriptionRequest, task: Task): object | string {
  const duration = secondsOf(request);
  switch (request.response_format) {
    case 'text':
      return `${TRANSCRIPT}\n`;
    case 'srt':
      return `1\n00:00:00,000 --> ${clock(duration, ',')}\n${TRANSCRIPT}\n\n`;
    case 'vtt':
      return `WEBVTT\n\n00:00:00.000 --> ${clock(duration, '.')}\n${TRANSCRIPT}\n\n`;
    case 'verbose_json':
      return verbose(request, task);
    case 'diarized_json':
      return { task, duration, text: TRANSCRIPT, segments: [spoken(duration)], usage: usage(request) };
    default:
      // A translation has no usage.
      return task === 'translate' ? { text: TRANSCRIPT } : { text: TRANSCRIPT, usage: usage(request) };
  }
}

function verbose(request: TranscriptionRequest, task: Task): object {
  const duration = secondsOf(request);
  const segment = {
    id: 0,
    seek: 0,
    start: 0,
    end: duration,
    text: TRANSCRIPT,
    tokens: [1, 2, 3],
    temperature: 0,
    avg_logprob: -0.2,
    compression_ratio: 1.1,
    no_speech_prob: 0.01,
  };
  return {
    task,
    language: 'english',
    duration,
    text: TRANSCRIPT,
    segments: [segment],
    ...(task === 'transcribe' && { usage: { type: 'duration', seconds: duration } }),
  };
}

function spoken(end: number) {
  return { type: 'transcript.text.segment', id: 'seg_0', start: 0, end, speaker: 'A', text: TRANSCRIPT };
}

function clock(seconds: number, separator: string): string {
  return new Date(seconds * 1000).toISOString().slice(11, 23).replace('.', separator);
}

export function* events(request: TranscriptionRequest): Generator<SseEvent, void, void> {
  for (const delta of words(TRANSCRIPT)) {
    const type = 'transcript.text.delta';
    yield { event: type, data: { type, delta } };
  }
  const type = 'transcript.text.done';
  yield { event: type, data: { type, text: TRANSCRIPT, usage: tokenUsage(request) } };
}

/** Whisper is billed by the second, the newer models by the token. */
function usage(request: TranscriptionRequest): object {
  if (request.model.startsWith('whisper-')) return { type: 'duration', seconds: secondsOf(request) };
  return tokenUsage(request);
}

const TOKENS_PER_SECOND = 10;

function tokenUsage(request: TranscriptionRequest): object {
  const audio = secondsOf(request) * TOKENS_PER_SECOND;
  const text = Math.ceil((request.prompt ?? '').length / 4);
  const output = Math.ceil(TRANSCRIPT.length / 4);
  return {
    type: 'tokens',
    input_tokens: audio + text,
    input_token_details: { text_tokens: text, audio_tokens: audio },
    output_tokens: output,
    total_tokens: audio + text + output,
  };
}
