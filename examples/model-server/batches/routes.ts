import { Hono } from 'hono';
import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { BoundedMap } from '../bounded-map.js';
import { checkBody } from '../check-body.js';
import { answerJson } from '../http/answer.js';
import { type Environment, jsonBody } from '../http/environment.js';
import { derivedId, newSeed } from '../ids.js';
import type { Stage } from '../model-call.js';
import { unscriptedCall } from '../unscripted-call.js';

const requestSchema = z.looseObject({
  input_file_id: z.string(),
  endpoint: z.string(),
  completion_window: z.string(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
type BatchRequest = z.infer<typeof requestSchema>;

const KEPT = 100;

/** Batches that never start, as examples of calls that are not model calls. */
export function batchRoutes(stage: Stage): Hono<Environment> {
  const kept = new BoundedMap<object>(KEPT);
  return new Hono<Environment>()
    .post(
      '/',
      unscriptedCall<BatchRequest>(
        {
          name: 'batches.create',
          read: (c) => checkBody(requestSchema, jsonBody(c)),
          answer(c, request, faults) {
            const id = derivedId('batch_', newSeed());
            const batch = accepted(id, request, Math.floor(Date.now() / 1000));
            kept.set(id, batch);
            return answerJson(c, batch, faults);
          },
        },
        stage,
      ),
    )
    .get(
      '/:id',
      unscriptedCall<object>(
        {
          name: 'batches.retrieve',
          read(c) {
            const id = c.req.param('id') ?? '';
            const batch = kept.get(id);
            if (!batch) throw invalidRequest(`No batch found with id '${id}'.`, {}, 404);
            return batch;
          },
          answer: (c, batch, faults) => answerJson(c, batch, faults),
        },
        stage,
      ),
    );
}

function accepted(id: string, request: BatchRequest, createdAt: number): object {
  const { input_file_id, endpoint, completion_window, metadata } = request;
  return {
    id,
    object: 'batch',
    endpoint,
    input_file_id,
    completion_window,
    status: 'validating',
    created_at: createdAt,
    request_counts: { total: 0, completed: 0, failed: 0 },
    metadata: metadata ?? null,
  };
}
