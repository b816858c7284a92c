import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody, hasModel } from '../check-body.js';
import { answeringTier, type Turn } from '../scripting/turn.js';

const token = z.int().nonnegative();

const requestSchema = z.looseObject({
  model: z.string(),
  prompt: z
    .union([
      z.string(),
      z.array(z.string()).min(1),
      z.array(token).min(1),
      z.array(z.array(token).min(1)).min(1),
    ])
    .nullish(),
  n: z.int().min(1).max(128).nullish(),
  echo: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

export type CompletionsRequest = z.infer<typeof requestSchema>;

export function readRequest(body: unknown): CompletionsRequest {
  if (!hasModel(body)) throw invalidRequest('you must provide a model parameter');
  return checkBody(requestSchema, body);
}

export function readTurn(request: CompletionsRequest): Turn {
  return {
    model: request.model,
    stream: request.stream ?? false,
    instructions: '',
    lastUser: promptsOf(request).join('\n'),
    offeredTools: [],
    toolResults: [],
    metadata: {},
    serviceTier: answeringTier(undefined),
    promptChars: JSON.stringify(request.prompt ?? '').length,
  };
}

/** One text per prompt. The text of a prompt of tokens is not known. */
export function promptsOf({ prompt }: CompletionsRequest): string[] {
  if (typeof prompt === 'string') return [prompt];
  if (!prompt) return [''];
  if (typeof prompt[0] === 'number') return [''];
  return prompt.map((one) => (typeof one === 'string' ? one : ''));
}

/** Each prompt is answered `n` times, the answers to the first prompt first. */
export function choiceCount(request: CompletionsRequest): number {
  return promptsOf(request).length * (request.n ?? 1);
}

/** The text before the answer: the prompt itself, for a request with `echo`. */
export function openingOf(request: CompletionsRequest, choice: number): string {
  if (!request.echo) return '';
  return promptsOf(request)[Math.floor(choice / (request.n ?? 1))] ?? '';
}
