import type OpenAI from 'openai';
import { SERVER_ERROR } from '../api-error.js';
import { derivedId } from '../ids.js';
import type { Plan } from '../scripting/plan.js';
import { type HostedItem, hostedItem } from './hosted-items.js';
import type { ResponsesRequest } from './request.js';

/** An item made from the reply's text, reasoning or tool calls. */
export type SpokenItem =
  | OpenAI.Responses.ResponseReasoningItem
  | OpenAI.Responses.ResponseOutputMessage
  | (OpenAI.Responses.ResponseFunctionToolCall & { id: string });
export type OutputItem = SpokenItem | HostedItem;

/** Values that the API answers for parameters that the request omits. Others are echoed as they were sent. */
const ECHOED = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
};
/** The same for objects that are completed member by member. */
const ECHOED_IN_PART = {
  reasoning: { effort: null, summary: null },
  text: { format: { type: 'text' }, verbosity: 'medium' },
};
type Echo = Record<keyof typeof ECHOED | keyof typeof ECHOED_IN_PART, unknown>;

/** A response on the wire. `output_text`, for example, is only added by the client. */
export type ResponseBody = Omit<
  OpenAI.Responses.Response,
  keyof Echo | 'output_text' | 'access_programs' | 'usage' | 'output'
> &
  Echo & { readonly usage: OpenAI.Responses.ResponseUsage | null; readonly output: OutputItem[] };

export function reply(request: ResponsesRequest, plan: Plan): ResponseBody {
  return ended(request, plan, outputItems(request, plan));
}

/** A background response before work on it has started. */
export function queued(request: ResponsesRequest, plan: Plan): ResponseBody {
  return { ...underway(request, plan), status: 'queued' };
}

export function cancelled(request: ResponsesRequest, plan: Plan): ResponseBody {
  return { ...underway(request, plan), status: 'cancelled' };
}

/** The response while its output is still being made. */
export function underway(request: ResponsesRequest, plan: Plan): ResponseBody {
  return {
    id: derivedId('resp_', plan.seed),
    object: 'response',
    created_at: plan.createdAt,
    status: 'in_progress',
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: plan.model,
    output: [],
    service_tier: plan.serviceTier,
    usage: null,
    conversation: conversationOf(request),
    ...echo(request),
  };
}

export function ended(request: ResponsesRequest, plan: Plan, output: OutputItem[]): ResponseBody {
  const base: ResponseBody = { ...underway(request, plan), status: plan.ending.status, output };
  switch (plan.ending.status) {
    case 'failed':
      return { ...base, error: { code: 'server_error', message: SERVER_ERROR.message } };
    case 'incomplete': {
      const reason = plan.ending.finishReason === 'length' ? 'max_output_tokens' : 'content_filter';
      return { ...base, incomplete_details: { reason }, usage: usage(plan) };
    }
    case 'completed':
      return { ...base, completed_at: plan.createdAt, usage: usage(plan) };
  }
}

/** Reasoning comes first, then the items of hosted tools, the message, and the calls of the request's tools. */
export function outputItems(request: ResponsesRequest, plan: Plan): OutputItem[] {
  const items: OutputItem[] = [];
  const id = (prefix: string) => derivedId(prefix, plan.seed, items.length + 1);
  // In an unfinished response only the last item is unfinished.
  const lastStatus = plan.ending.status === 'completed' ? 'completed' : 'incomplete';

  if (plan.reasoning !== undefined) {
    const encrypted = request.include?.includes('reasoning.encrypted_content');
    items.push({
      id: id('rs_'),
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: plan.reasoning }],
      ...(encrypted && { encrypted_content: Buffer.from(plan.seed).toString('base64') }),
    });
  }
  for (const item of plan.items) items.push(hostedItem(item, plan.seed, items.length + 1));
  if (plan.text !== undefined || plan.refusal !== undefined) {
    const status = plan.toolCalls.length === 0 ? lastStatus : 'completed';
    items.push({ id: id('msg_'), type: 'message', role: 'assistant', status, content: contentParts(plan) });
  }
  for (const [index, call] of plan.toolCalls.entries()) {
    const status = index === plan.toolCalls.length - 1 ? lastStatus : 'completed';
    const { callId, name, arguments: args } = call;
    items.push({ id: id('fc_'), type: 'function_call', status, call_id: callId, name, arguments: args });
  }
  return items;
}

function contentParts(plan: Plan): OpenAI.Responses.ResponseOutputMessage['content'] {
  const parts: OpenAI.Responses.ResponseOutputMessage['content'] = [];
  if (plan.text !== undefined) {
    parts.push({ type: 'output_text', text: plan.text, annotations: [], logprobs: [] });
  }
  if (plan.refusal !== undefined) parts.push({ type: 'refusal', refusal: plan.refusal });
  return parts;
}

function echo(request: ResponsesRequest): Echo {
  const whole = Object.entries(ECHOED).map(([name, value]) => [name, request[name] ?? value]);
  const inPart = Object.entries(ECHOED_IN_PART).map(([name, value]) => {
    const sent = request[name];
    return [name, typeof sent === 'object' ? { ...value, ...sent } : value];
  });
  return Object.fromEntries([...whole, ...inPart]);
}

function conversationOf({ conversation }: ResponsesRequest): { id: string } | null {
  if (conversation === undefined || conversation === null) return null;
  return { id: typeof conversation === 'string' ? conversation : conversation.id };
}

export function usage({ usage }: Pick<Plan, 'usage'>): OpenAI.Responses.ResponseUsage {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
