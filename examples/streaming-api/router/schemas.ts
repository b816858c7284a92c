/** Bodies of the routes that every agent has. */
import { z } from '@hono/zod-openapi';
import { pendingApprovalSchema } from '../sessions/session-store.js';
import { outputSchema, traceIdSchema, usageSchema } from '../streams/stream-event.js';

export const sessionIdSchema = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'use 1 to 128 letters, digits and _ . : -')
  .openapi({ example: 'chat-7' });

export const runRequestSchema = z
  .object({
    input: z.string().min(1).max(20_000).openapi({ example: 'What is the weather in Paris?' }),
    session_id: sessionIdSchema.optional().openapi({ description: 'A new session if it is left out.' }),
    max_turns: z.int().min(1).max(50).optional(),
  })
  .strict()
  .openapi('RunRequest');

export type RunRequest = z.infer<typeof runRequestSchema>;

export const approvalSchema = pendingApprovalSchema.openapi('PendingApproval');

export const runAnswerSchema = z
  .object({
    success: z.literal(true),
    final_output: outputSchema.openapi({ description: 'null if the run waits for approvals' }),
    error: z.null(),
    usage: usageSchema,
    response_id: z.string().nullable(),
    session_id: z.string(),
    trace_id: traceIdSchema,
    agent: z.string().openapi({ description: 'The agent that answered last.' }),
    turns: z.int(),
    pending_approvals: z.array(approvalSchema),
    cost: z
      .number()
      .optional()
      .openapi({ description: 'In US dollars, if the price of the model is known.' }),
  })
  .openapi('RunAnswer');

export type RunAnswer = z.infer<typeof runAnswerSchema>;

export const approvalRequestSchema = z
  .object({
    approvals: z
      .array(
        z.object({
          id: z.string().min(1).max(256),
          approve: z.boolean(),
          message: z
            .string()
            .max(2_000)
            .optional()
            .openapi({ description: 'The reason that the model gets for a no.' }),
        }),
      )
      .min(1)
      .max(100),
    stream: z.boolean().optional().openapi({ description: 'Whether the answer is a stream of events.' }),
  })
  .strict()
  .openapi('ApprovalRequest');

export type Decision = z.infer<typeof approvalRequestSchema>['approvals'][number];

export const sessionSchema = z
  .object({
    session_id: z.string(),
    agent: z.string(),
    items: z.array(z.unknown()).openapi({ description: 'As the Agents SDK keeps them.' }),
    item_count: z.int(),
    pending_approvals: z.array(approvalSchema),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Session');

export const infoSchema = z
  .object({
    name: z.string(),
    instructions: z.string().openapi({ description: '"dynamic" if a function makes them.' }),
    model: z.string(),
    tools: z.int(),
    handoffs: z.int(),
    endpoints: z.array(z.object({ method: z.string(), path: z.string() })),
    session: z.object({ storage: z.literal('sqlite'), persistent: z.literal(true), max_items: z.int() }),
  })
  .openapi('AgentInfo');
