import type OpenAI from 'openai';
import { z } from 'zod';
import { derivedId, toolCallId } from '../ids.js';

export type Run = OpenAI.Beta.Threads.Run;

const tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string() }).optional(),
});

export const runSchema = z.looseObject({
  assistant_id: z.string(),
  model: z.string().default('gpt-5-mini'),
  instructions: z.string().nullish(),
  max_completion_tokens: z.number().int().nullish(),
  tools: z.array(tool).nullish(),
  stream: z.boolean().nullish(),
});
export type RunRequest = z.infer<typeof runSchema>;

export const submissionSchema = z.looseObject({
  tool_outputs: z.array(
    z.looseObject({ tool_call_id: z.string().optional(), output: z.string().optional() }),
  ),
  stream: z.boolean().nullish(),
});

/** A run that is kept, so that it can be polled. It advances each time it is retrieved. */
export interface KeptRun {
  readonly seed: string;
  readonly threadId: string;
  readonly createdAt: number;
  readonly request: RunRequest;
  state: 'queued' | 'in_progress' | 'ended';
  answered: boolean;
}

export const ANSWER = 'The assistant has finished its work.';

/** The way a run ends: as one of these words in its instructions says, else with a tool call or an answer. */
const SCRIPTED_ENDINGS = ['failed', 'expired', 'incomplete'] as const;
type Ending = (typeof SCRIPTED_ENDINGS)[number] | 'requires_action' | 'completed';

export function endingOf({ request, answered }: KeptRun): Ending {
  const scripted = SCRIPTED_ENDINGS.find((ending) => request.instructions?.includes(ending));
  if (scripted !== undefined) return scripted;
  return calledTool(request) !== undefined && !answered ? 'requires_action' : 'completed';
}

/** The run in the shape of the API. It has a usage only once it has ended for good. */
export function runBody(kept: KeptRun): Run {
  const { seed, threadId, createdAt, request, state } = kept;
  const status = state === 'ended' ? endingOf(kept) : state;
  const usage = status === 'completed' || status === 'incomplete' || status === 'failed';
  return {
    id: derivedId('run_', seed),
    object: 'thread.run',
    created_at: createdAt,
    assistant_id: request.assistant_id,
    thread_id: threadId,
    status,
    started_at: state === 'queued' ? null : createdAt,
    expires_at: createdAt + 600,
    cancelled_at: null,
    failed_at: status === 'failed' ? createdAt : null,
    completed_at: status === 'completed' ? createdAt : null,
    required_action: status === 'requires_action' ? requiredAction(kept) : null,
    last_error: status === 'failed' ? { code: 'server_error', message: 'The run broke off.' } : null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_completion_tokens' } : null,
    model: request.model,
    instructions: request.instructions ?? '',
    tools: [],
    metadata: {},
    usage: usage ? { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 } : null,
    max_completion_tokens: request.max_completion_tokens ?? null,
    max_prompt_tokens: null,
    parallel_tool_calls: true,
    response_format: 'auto',
    tool_choice: 'auto',
    truncation_strategy: { type: 'auto' },
    temperature: 1,
    top_p: 1,
  };
}

function requiredAction({ seed, request }: KeptRun): Run['required_action'] {
  const name = calledTool(request) ?? '';
  return {
    type: 'submit_tool_outputs',
    submit_tool_outputs: {
      tool_calls: [
        {
          id: toolCallId(seed, 0, name),
          type: 'function',
          function: { name, arguments: '{"order":"A-1001"}' },
        },
      ],
    },
  };
}

/** The first function of the request. */
function calledTool({ tools }: RunRequest): string | undefined {
  return tools?.find(({ function: definition }) => definition !== undefined)?.function?.name;
}
