import type OpenAI from 'openai';
import { derivedId } from '../ids.js';
import type { Plan } from '../scripting/plan.js';
import type { ChatRequest } from './request.js';

type ChatCompletionAudio = OpenAI.Chat.Completions.ChatCompletionAudio;

const KEPT_FOR_SECONDS = 3_600;

/** Whether the request asks for a spoken answer, whose text is then the transcript. */
export function wantsAudio({ modalities }: ChatRequest): boolean {
  return modalities?.includes('audio') ?? false;
}

/** The spoken text. Its bytes are always the same few, and not real audio. */
export function spokenText(plan: Plan, choice: number): ChatCompletionAudio | undefined {
  if (plan.text === undefined) return undefined;
  return {
    id: derivedId('audio_', plan.seed, choice),
    data: Buffer.from('the sound of silence').toString('base64'),
    expires_at: plan.createdAt + KEPT_FOR_SECONDS,
    transcript: plan.text,
  };
}

/** The number of audio tokens: as scripted, else all output tokens except reasoning, and half of the input tokens. */
export function audioTokens(request: ChatRequest, { usage }: Plan): { input: number; output: number } {
  const { inputTokens, outputTokens, reasoningTokens, inputAudioTokens, outputAudioTokens } = usage;
  const heard = request.messages.some(
    ({ content }) => Array.isArray(content) && content.some((part) => part?.type === 'input_audio'),
  );
  return {
    input: inputAudioTokens ?? (heard ? Math.ceil(inputTokens / 2) : 0),
    output: outputAudioTokens ?? (wantsAudio(request) ? Math.max(0, outputTokens - reasoningTokens) : 0),
  };
}
