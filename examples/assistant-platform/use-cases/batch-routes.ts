/** `POST /batches` and `GET /batches/{id}`. */
import { createRoute, z } from '@hono/zod-openapi';
import { problemResponse } from '../../service/problem.js';
import type { Batches, BatchState } from '../openai-service/batches.js';
import { CHAT_INSTRUCTIONS } from './chat.js';
import {
  createPlatformRouter,
  jsonContent,
  MODEL_PROBLEMS,
  type PlatformRouter,
  SECURITY,
} from './routes.js';
import type { UseCaseRunner } from './runner.js';

const bodySchema = z
  .strictObject({
    requests: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[\w.:-]{1,64}$/),
          message: z.string().trim().min(1).max(20_000),
          model: z.string().min(1).max(100).optional(),
        }),
      )
      .min(1)
      .max(100)
      .refine(
        (requests) => new Set(requests.map(({ id }) => id)).size === requests.length,
        'ids must differ',
      ),
  })
  .openapi('BatchRequest');

const batchSchema = z
  .object({
    id: z.string(),
    status: z.string().openapi({ example: 'in_progress' }),
    counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    answers: z
      .array(z.object({ id: z.string(), reply: z.string().nullable(), error: z.string().nullable() }))
      .openapi({ description: 'Empty until the batch has ended.' }),
  })
  .openapi('Batch');

const createBatchRoute = createRoute({
  method: 'post',
  path: '/batches',
  summary: 'Starts a batch of messages, without functions',
  tags: ['batches'],
  security: SECURITY,
  request: { body: { content: jsonContent(bodySchema), required: true } },
  responses: {
    202: { description: 'The batch has started.', content: jsonContent(batchSchema) },
    ...MODEL_PROBLEMS,
  },
});

const getBatchRoute = createRoute({
  method: 'get',
  path: '/batches/{id}',
  summary: 'Shows a batch, with its answers when it has ended',
  tags: ['batches'],
  security: SECURITY,
  request: { params: z.object({ id: z.string().regex(/^[\w-]{1,128}$/) }) },
  responses: {
    200: { description: 'The batch.', content: jsonContent(batchSchema) },
    ...MODEL_PROBLEMS,
    404: problemResponse('This key has no such batch.'),
  },
});

export function batchRoutes(batches: Batches, runner: UseCaseRunner): PlatformRouter {
  const router = createPlatformRouter();

  router.openapi(createBatchRoute, async (c) => {
    const { requests } = c.req.valid('json');
    const principal = c.get('principal');
    const text = requests.map(({ message }) => message).join('\n');
    const batch = await runner.inSession('batch', { principal, text }, () =>
      batches.create(requests.map(completionRequest), principal),
    );
    return c.json(body(batch), 202);
  });

  router.openapi(getBatchRoute, async (c) =>
    c.json(body(await batches.retrieve(c.req.valid('param').id, c.get('principal'))), 200),
  );

  return router;
}

function completionRequest({
  id,
  message,
  model,
}: {
  id: string;
  message: string;
  model?: string | undefined;
}) {
  const system = { role: 'system', content: CHAT_INSTRUCTIONS } as const;
  return { id, model, messages: [system, { role: 'user', content: message } as const] };
}

function body({ id, status, counts, answers }: BatchState) {
  return { id, status, counts: { ...counts }, answers: [...answers] };
}
