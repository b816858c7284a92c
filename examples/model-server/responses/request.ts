import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody, hasModel } from '../check-body.js';
import { toolNameInCallId } from '../ids.js';
import { answeringTier, SERVICE_TIERS, type Turn, textOf } from '../scripting/turn.js';

const itemSchema = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: z.unknown().optional(),
  name: z.string().optional(),
  call_id: z.string().optional(),
  output: z.unknown().optional(),
});

const requestSchema = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(itemSchema)]).optional(),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  service_tier: z.enum(['auto', ...SERVICE_TIERS]).nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  include: z.array(z.string()).nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
});

export type ResponsesRequest = z.infer<typeof requestSchema>;
type Item = z.infer<typeof itemSchema>;

export function readRequest(body: unknown): ResponsesRequest {
  if (!hasModel(body)) {
    const where = { param: 'model', code: 'missing_required_parameter' };
    throw invalidRequest("Missing required parameter: 'model'.", where);
  }
  return checkBody(requestSchema, body);
}

export function readTurn(request: ResponsesRequest): Turn {
  const items = itemsOf(request.input);
  const lastUser = items.findLastIndex((item) => item.role === 'user');
  return {
    model: request.model,
    stream: request.stream ?? false,
    instructions: [request.instructions ?? '', ...items.filter(isInstruction).map(contentText)].join('\n'),
    lastUser: contentText(items[lastUser]),
    offeredTools: (request.tools ?? []).flatMap((tool) => tool.name ?? []),
    toolResults: items
      .slice(lastUser + 1)
      .filter((item) => item.type === 'function_call_output')
      .map((item) => ({ name: toolNameOf(item, items), output: textOf(item.output) })),
    metadata: request.metadata ?? {},
    serviceTier: answeringTier(request.service_tier),
    promptChars: JSON.stringify([request.instructions ?? '', items, request.tools ?? []]).length,
  };
}

function itemsOf(input: ResponsesRequest['input']): readonly Item[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
}

function isInstruction(item: Item): boolean {
  return item.role === 'system' || item.role === 'developer';
}

function contentText(item: Item | undefined): string {
  return textOf(item?.content);
}

function toolNameOf(result: Item, items: readonly Item[]): string {
  const id = result.call_id ?? '';
  const call = items.find((item) => item.type === 'function_call' && item.call_id === id);
  return call?.name ?? toolNameInCallId(id);
}

/** The texts of the user's messages. */
export function userTexts(request: ResponsesRequest): string[] {
  return itemsOf(request.input)
    .filter((item) => item.role === 'user')
    .map(contentText);
}
