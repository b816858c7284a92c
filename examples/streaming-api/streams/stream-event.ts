/** The events of a stream, as the client gets them. `type` is also the name of the server-sent event. */
import { z } from '@hono/zod-openapi';
import { pendingApprovalSchema } from '../sessions/session-store.js';

export const usageSchema = z
  .object({
    requests: z.int(),
    input_tokens: z.int(),
    output_tokens: z.int(),
    total_tokens: z.int(),
    cached_tokens: z.int().optional(),
    reasoning_tokens: z.int().optional(),
  })
  .openapi('Usage');

export type TokenUsage = z.infer<typeof usageSchema>;

/** The output of an agent: a text, or whatever its output type is. */
export const outputSchema = z.union([z.string(), z.record(z.string(), z.unknown()), z.null()]);

/** The id of the OpenTelemetry trace; null if telemetry is off. */
export const traceIdSchema = z.string().nullable();

const rawResponse = z.discriminatedUnion('kind', [
  z.object({
    type: z.literal('raw_response'),
    kind: z.literal('text_delta'),
    delta: z.string(),
    item_id: z.string().optional(),
  }),
  z.object({
    type: z.literal('raw_response'),
    kind: z.literal('function_call_arguments'),
    name: z.string(),
    call_id: z.string(),
    delta: z.string().optional(),
    arguments: z.string().optional(),
  }),
  z.object({ type: z.literal('raw_response'), kind: z.literal('reasoning_delta'), delta: z.string() }),
]);

const runItem = z.discriminatedUnion('kind', [
  z.object({ type: z.literal('run_item'), kind: z.literal('message'), agent: z.string(), text: z.string() }),
  z.object({
    type: z.literal('run_item'),
    kind: z.literal('tool_call'),
    agent: z.string(),
    name: z.string(),
    call_id: z.string(),
    arguments: z.string(),
  }),
  z.object({
    type: z.literal('run_item'),
    kind: z.literal('tool_output'),
    agent: z.string(),
    name: z.string().optional(),
    call_id: z.string(),
    output: z.unknown(),
  }),
  z.object({
    type: z.literal('run_item'),
    kind: z.literal('handoff'),
    agent: z.string(),
    from: z.string(),
    to: z.string(),
  }),
  z.object({
    type: z.literal('run_item'),
    kind: z.literal('reasoning'),
    agent: z.string(),
    text: z.string(),
  }),
  pendingApprovalSchema.extend({ type: z.literal('run_item'), kind: z.literal('approval_requested') }),
]);

export const streamEventSchema = z
  .union([
    z.object({
      type: z.literal('stream_started'),
      stream_id: z.string(),
      session_id: z.string().nullable(),
      trace_id: traceIdSchema,
      agent: z.string(),
    }),
    rawResponse,
    runItem,
    z.object({ type: z.literal('agent_updated'), agent: z.string() }),
    z.object({
      type: z.literal('progress'),
      stage: z.enum(['planning', 'searching', 'writing']),
      message: z.string(),
      done: z.int().optional(),
      total: z.int().optional(),
    }),
    z.object({
      type: z.literal('stream_complete'),
      final_output: outputSchema,
      turns: z.int(),
      usage: usageSchema,
      response_id: z.string().nullable(),
      session_id: z.string().nullable(),
      trace_id: traceIdSchema,
      pending_approvals: z.array(pendingApprovalSchema),
      /** In US dollars; absent if the price of the model is not known. */
      cost: z.number().optional(),
    }),
    z.object({
      type: z.literal('error'),
      code: z.string(),
      message: z.string(),
      request_id: z.string().nullable(),
    }),
  ])
  .openapi('StreamEvent');

export type StreamEvent = z.infer<typeof streamEventSchema>;

/** An event with its place in the stream, from 1. */
export interface NumberedEvent {
  readonly n: number;
  readonly type: StreamEvent['type'];
  /** The event as JSON. */
  readonly data: string;
}

export function isLast({ type }: Pick<NumberedEvent, 'type'>): boolean {
  return type === 'stream_complete' || type === 'error';
}
