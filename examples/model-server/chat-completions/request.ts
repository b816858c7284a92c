import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody, hasModel } from '../check-body.js';
import { toolNameInCallId } from '../ids.js';
import { answeringTier, SERVICE_TIERS, type Turn, textOf } from '../scripting/turn.js';

const messageSchema = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z.unknown().optional(),
  /** Name of the function, in the legacy results that `function` messages carry. */
  name: z.string().optional(),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string() }).optional() }))
    .nullish(),
});

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  /** The legacy form of `tools`: at most one call, without an id. */
  functions: z.array(z.looseObject({ name: z.string() })).nullish(),
  n: z.int().min(1).max(128).nullish(),
  modalities: z.array(z.string()).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  service_tier: z.enum(['auto', ...SERVICE_TIERS]).nullish(),
});

export type ChatRequest = z.infer<typeof requestSchema>;
type Message = z.infer<typeof messageSchema>;

export function readRequest(body: unknown): ChatRequest {
  if (!hasModel(body)) throw invalidRequest('you must provide a model parameter');
  return checkBody(requestSchema, body);
}

export function readTurn(request: ChatRequest): Turn {
  const { messages } = request;
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  return {
    model: request.model,
    stream: request.stream ?? false,
    instructions: messages.filter(isInstruction).map(contentText).join('\n'),
    lastUser: contentText(messages[lastUser]),
    offeredTools: [
      ...(request.tools ?? []).flatMap((tool) => tool.function?.name ?? []),
      ...(request.functions ?? []).map((offered) => offered.name),
    ],
    toolResults: messages
      .slice(lastUser + 1)
      .filter((message) => message.role === 'tool' || message.role === 'function')
      .map((message) => ({ name: toolNameOf(message, messages), output: contentText(message) })),
    metadata: request.metadata ?? {},
    serviceTier: answeringTier(request.service_tier),
    promptChars: JSON.stringify([messages, request.tools ?? request.functions ?? []]).length,
  };
}

/** Whether calls must have the legacy form, `function_call`. */
export function callsFunctions({ functions, tools }: ChatRequest): boolean {
  return Boolean(functions?.length) && !tools?.length;
}

function isInstruction(message: Message): boolean {
  return message.role === 'system' || message.role === 'developer';
}

function contentText(message: Message | undefined): string {
  return textOf(message?.content);
}

function toolNameOf(result: Message, messages: readonly Message[]): string {
  if (result.role === 'function') return result.name ?? '';
  const id = result.tool_call_id ?? '';
  const calls = messages.flatMap((message) => message.tool_calls ?? []);
  return calls.find((call) => call.id === id)?.function?.name ?? toolNameInCallId(id);
}
