import { Hono } from 'hono';
import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { BoundedMap } from '../bounded-map.js';
import { checkBody } from '../check-body.js';
import type { KeptFiles } from '../files/kept-files.js';
import { answerJson } from '../http/answer.js';
import { type Environment, type Exchange, jsonBody } from '../http/environment.js';
import { listPage } from '../listing.js';
import type { Stage } from '../model-call.js';
import { unscriptedCall } from '../unscripted-call.js';
import { Batch, type BatchRequest } from './batch.js';
import { type Dispatch, lineRunner } from './line-runner.js';
import { BATCH_ENDPOINTS } from './lines.js';

const requestSchema = z.looseObject({
  input_file_id: z.string(),
  endpoint: z.string(),
  completion_window: z.string(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
const supportedSchema = z.looseObject({
  endpoint: z.enum(BATCH_ENDPOINTS),
  completion_window: z.literal('24h'),
});

const KEPT = 100;

/** Batches, whose lines run through `dispatch`. The oldest are forgotten. */
export function batchRoutes(files: KeptFiles, dispatch: Dispatch, stage: Stage): Hono<Environment> {
  const kept = new BoundedMap<Batch>(KEPT);
  const find = (id: string): Batch => {
    const batch = kept.get(id);
    if (!batch) throw invalidRequest(`No batch found with id '${id}'.`, {}, 404);
    return batch;
  };
  const byId = (name: string, act: (batch: Batch) => void = () => undefined) =>
    unscriptedCall<Batch>(
      {
        name: `batches.${name}`,
        read: (c) => find(c.req.param('id') ?? ''),
        answer(c, batch, faults) {
          act(batch);
          return answerJson(c, batch.body(), faults);
        },
      },
      stage,
    );

  return new Hono<Environment>()
    .post(
      '/',
      unscriptedCall<BatchRequest>(
        {
          name: 'batches.create',
          read: (c) => readRequest(jsonBody(c), files),
          answer(c, request, faults) {
            const batch = new Batch(request, files);
            kept.set(batch.id, batch);
            const body = batch.body();
            const input = new TextDecoder().decode(files.get(request.input_file_id).content);
            void batch.run(input, lineRunner(dispatch, batch.id, keyOf(c)), stage.closing);
            return answerJson(c, body, faults);
          },
        },
        stage,
      ),
    )
    .get(
      '/',
      unscriptedCall<object>(
        {
          name: 'batches.list',
          read(c) {
            const newestFirst = kept.values().reverse();
            const page = listPage(newestFirst, c.req.query(), 20);
            return { ...page, data: page.data.map((batch) => batch.body()) };
          },
          answer: (c, page, faults) => answerJson(c, page, faults),
        },
        stage,
      ),
    )
    .get('/:id', byId('retrieve'))
    .post(
      '/:id/cancel',
      byId('cancel', (batch) => batch.cancel()),
    );
}

function readRequest(body: unknown, files: KeptFiles): BatchRequest {
  const request = checkBody(requestSchema, body);
  const supported = z.safeParse(supportedSchema, request);
  if (!supported.success) {
    const param = supported.error.issues[0]?.path[0] === 'endpoint' ? 'endpoint' : 'completion_window';
    const values = param === 'endpoint' ? BATCH_ENDPOINTS : ['24h'];
    const list = values.map((value) => `'${value}'`).join(', ');
    const message = `Invalid value: '${request[param]}'. Supported values are: ${list}.`;
    throw invalidRequest(message, { param, code: 'invalid_value' });
  }
  const { input_file_id, metadata } = request;
  const where = { param: 'input_file_id' };
  if (!files.has(input_file_id)) throw invalidRequest(`No such File object: ${input_file_id}`, where, 404);
  const { purpose } = files.get(input_file_id).description;
  if (purpose !== 'batch') {
    throw invalidRequest(`The file has the purpose '${purpose}'. A batch needs one with 'batch'.`, where);
  }
  return { ...supported.data, input_file_id, metadata };
}

/** The key of the batch's owner, with which its lines run. */
function keyOf(c: Exchange): Record<string, string> {
  const authorization = c.req.header('authorization');
  const azureKey = c.req.header('api-key');
  return {
    ...(authorization !== undefined && { authorization }),
    ...(azureKey !== undefined && { 'api-key': azureKey }),
  };
}
