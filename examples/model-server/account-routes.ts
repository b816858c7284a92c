import { Hono } from 'hono';
import { unknownModel } from './api-error.js';
import { threadRoutes } from './assistants/routes.js';
import type { Dispatch } from './batches/line-runner.js';
import { batchRoutes } from './batches/routes.js';
import { conversationRoutes } from './conversations/routes.js';
import { decisions } from './decisions/api.js';
import { KeptFiles } from './files/kept-files.js';
import { fileRoutes } from './files/routes.js';
import type { Environment } from './http/environment.js';
import { modelCall, type Stage } from './model-call.js';
import { findModel, listModels } from './models.js';
import { moderations } from './moderations/api.js';
import { responses } from './responses/api.js';
import { compactResponse, countInputTokens } from './responses/compaction.js';
import { KeptResponses } from './responses/kept-responses.js';
import { cancelResponse, deleteResponse, retrieveResponse } from './responses/stored-response.js';
import { unscriptedCall } from './unscripted-call.js';
import { searchVectorStore } from './vector-stores/search.js';
import { createVideo, editVideo, extendVideo, remixVideo } from './videos/api.js';

/**
 * The calls that go to an account: stored objects, and models that the request's body names.
 *
 * @param dispatch - runs the requests of batches.
 */
export function accountRoutes(stage: Stage, dispatch: Dispatch): Hono<Environment> {
  const scenarioIds = stage.scenarios.map((scenario) => scenario.id);
  const kept = new KeptResponses();
  const files = new KeptFiles();
  return new Hono<Environment>()
    .post('/responses', modelCall(responses(kept), stage))
    .post('/responses/compact', unscriptedCall(compactResponse, stage))
    .post('/responses/input_tokens', unscriptedCall(countInputTokens, stage))
    .get('/responses/:id', unscriptedCall(retrieveResponse(kept), stage))
    .delete('/responses/:id', unscriptedCall(deleteResponse(kept), stage))
    .post('/responses/:id/cancel', unscriptedCall(cancelResponse(kept), stage))
    .post('/moderations', unscriptedCall(moderations, stage))
    .post('/decisions', unscriptedCall(decisions, stage))
    .post('/vector_stores/:id/search', unscriptedCall(searchVectorStore, stage))
    .post('/videos', unscriptedCall(createVideo, stage))
    .post('/videos/edits', unscriptedCall(editVideo, stage))
    .post('/videos/extensions', unscriptedCall(extendVideo, stage))
    .post('/videos/:id/remix', unscriptedCall(remixVideo, stage))
    .route('/conversations', conversationRoutes(stage))
    .route('/threads', threadRoutes(stage))
    .route('/files', fileRoutes(files, stage))
    .route('/batches', batchRoutes(files, dispatch, stage))
    .get('/models', (c) => c.json({ object: 'list', data: listModels(scenarioIds) }))
    .get('/models/:id', (c) => {
      const id = c.req.param('id');
      const model = findModel(id, scenarioIds);
      if (!model) throw unknownModel(id);
      return c.json(model);
    });
}
