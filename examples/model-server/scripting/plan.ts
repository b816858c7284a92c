import { toolCallId } from '../ids.js';
import { same } from './condition.js';
import { isCutOff, type Reply, type ScriptedItem } from './scenario.js';
import { fillTemplate, fillValue } from './template.js';
import type { ServiceTier, Turn } from './turn.js';

export interface PlannedToolCall {
  readonly callId: string;
  readonly name: string;
  /** JSON text, as a model sends it. */
  readonly arguments: string;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  readonly cacheWriteTokens?: number | undefined;
  readonly inputAudioTokens?: number | undefined;
  readonly outputAudioTokens?: number | undefined;
}

/** The end of the answer, in the words of both APIs. */
export type Ending =
  | { readonly status: 'completed'; readonly finishReason: 'stop' | 'tool_calls' }
  | { readonly status: 'incomplete'; readonly finishReason: 'length' | 'content_filter' }
  | { readonly status: 'failed' };

/**
 * The whole content of a reply, before it takes the form of an API. The request and the plan determine every byte of
 * the answer. The only sources of chance and time are `seed` and `createdAt`.
 */
export interface Plan {
  readonly seed: string;
  readonly createdAt: number;
  readonly model: string;
  readonly serviceTier: ServiceTier;
  readonly text: string | undefined;
  readonly reasoning: string | undefined;
  readonly refusal: string | undefined;
  readonly toolCalls: readonly PlannedToolCall[];
  readonly items: readonly ScriptedItem[];
  readonly usage: Usage;
  readonly ending: Ending;
}

export function planReply(reply: Reply, turn: Turn, seed: string, createdAt: number): Plan {
  const fill = (text: string | undefined) => (text === undefined ? undefined : fillTemplate(text, turn));
  const said = {
    text: reply.json === undefined ? fill(reply.text) : JSON.stringify(fillValue(reply.json, turn)),
    reasoning: fill(reply.reasoning),
    refusal: fill(reply.refusal),
    toolCalls: (reply.toolCalls ?? []).map((call, index) => {
      // A model calls a tool by the name in the request, from which a script may differ in case.
      const name = turn.offeredTools.find((offered) => same(offered, call.name)) ?? call.name;
      return {
        callId: toolCallId(seed, index, name),
        name,
        arguments: JSON.stringify(fillValue(call.arguments, turn)),
      };
    }),
  };
  return {
    ...said,
    items: reply.items ?? [],
    seed,
    createdAt,
    model: reply.model ?? turn.model,
    serviceTier: reply.serviceTier ?? turn.serviceTier,
    usage: { cachedTokens: 0, reasoningTokens: 0, ...(reply.usage ?? estimate(turn, JSON.stringify(said))) },
    ending: endingOf(reply),
  };
}

function endingOf(reply: Reply): Ending {
  if (reply.status === 'failed') return { status: 'failed' };
  if (isCutOff(reply.finishReason)) return { status: 'incomplete', finishReason: reply.finishReason };
  if (reply.status === 'incomplete') return { status: 'incomplete', finishReason: 'length' };
  return {
    status: 'completed',
    finishReason: reply.finishReason ?? (reply.toolCalls ? 'tool_calls' : 'stop'),
  };
}

/** Four characters per token: rough, but above zero and growing with the text. */
function estimate(turn: Turn, said: string): Pick<Usage, 'inputTokens' | 'outputTokens'> {
  return { inputTokens: Math.ceil(turn.promptChars / 4), outputTokens: Math.ceil(said.length / 4) };
}
