import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody, hasModel } from '../check-body.js';
import { toolNameInCallId } from '../ids.js';
import { answeringTier, SERVICE_TIERS, type Turn, textOf } from '../scripting/turn.js';

const messageSchema = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z.unknown().optional(),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string() }).optional() }))
    .nullish(),
});

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
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
    offeredTools: (request.tools ?? []).flatMap((tool) => tool.function?.name ?? []),
    toolResults: messages
      .slice(lastUser + 1)
      .filter((message) => message.role === 'tool')
      .map((message) => ({ name: toolNameOf(message, messages), output: contentText(message) })),
    metadata: request.metadata ?? {},
    serviceTier: answeringTier(request.service_tier),
    promptChars: JSON.stringify([messages, request.tools ?? []]).length,
  };
}

function isInstruction(message: Message): boolean {
  return message.role === 'system' || message.role === 'developer';
}

function contentText(message: Message | undefined): string {
  return textOf(message?.content);
}

function toolNameOf(result: Message, messages: readonly Message[]): string {
  const id = result.tool_call_id ?? '';
  const calls = messages.flatMap((message) => message.tool_calls ?? []);
  return calls.find((call) => call.id === id)?.function?.name ?? toolNameInCallId(id);
}
