import { Hono } from 'hono';
import type { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { BoundedMap } from '../bounded-map.js';
import { checkBody } from '../check-body.js';
import { answerEvents, answerJson } from '../http/answer.js';
import { type Environment, type Exchange, jsonBody } from '../http/environment.js';
import { derivedId, newSeed } from '../ids.js';
import type { Stage } from '../model-call.js';
import { streamError } from '../stream-error.js';
import { type UnscriptedApi, unscriptedCall } from '../unscripted-call.js';
import { events } from './events.js';
import { type KeptRun, type RunRequest, runBody, runSchema, submissionSchema } from './run.js';

const KEPT = 1_000;
/** Short, so that the polling helpers do not wait. */
const POLL_AFTER_MS = '5';

/** Threads and runs of the Assistants API. A thread has no content of its own, and any assistant exists. */
export function threadRoutes(stage: Stage): Hono<Environment> {
  const kept = new BoundedMap<KeptRun>(KEPT);

  const known = (c: Exchange): KeptRun => {
    const id = c.req.param('run') ?? '';
    const run = kept.get(id);
    if (run === undefined) throw invalidRequest(`No run found with id '${id}'.`, {}, 404);
    return run;
  };
  const start = (request: RunRequest, threadId: string): KeptRun => {
    const seed = newSeed();
    const createdAt = Math.floor(Date.now() / 1000);
    const run: KeptRun = { seed, threadId, createdAt, request, state: 'queued', answered: false };
    kept.set(derivedId('run_', seed), run);
    return run;
  };
  const answerRun: UnscriptedApi<{ run: KeptRun; stream: boolean }>['answer'] = (
    c,
    { run, stream },
    faults,
  ) => (stream ? answerEvents(c, events(run), faults, streamError) : answerJson(c, runBody(run), faults));

  /** A new run. It starts only if no fault takes its place, so `read` does not start it. */
  const creation = (name: string, threadOf: (c: Exchange) => string): UnscriptedApi<RunRequest> => ({
    name,
    read: (c) => checkBody(runSchema, jsonBody(c)),
    modelOf: (request) => request.model,
    answer: (c, request, faults) =>
      answerRun(c, { run: start(request, threadOf(c)), stream: request.stream ?? false }, faults),
  });

  return new Hono<Environment>()
    .post(
      '/',
      unscriptedCall<undefined>(
        {
          name: 'threads.create',
          read: () => undefined,
          answer: (c, _request, faults) =>
            answerJson(
              c,
              {
                id: newThreadId(),
                object: 'thread',
                created_at: Math.floor(Date.now() / 1000),
                metadata: {},
                tool_resources: null,
              },
              faults,
            ),
        },
        stage,
      ),
    )
    .post('/runs', unscriptedCall(creation('threads.createAndRun', newThreadId), stage))
    .post(
      '/:id/runs',
      unscriptedCall(
        creation('threads.runs.create', (c) => c.req.param('id') ?? ''),
        stage,
      ),
    )
    .get(
      '/:id/runs/:run',
      unscriptedCall<KeptRun>(
        {
          name: 'threads.runs.retrieve',
          read: known,
          answer(c, run, faults) {
            run.state = run.state === 'queued' ? 'in_progress' : 'ended';
            c.header('openai-poll-after-ms', POLL_AFTER_MS);
            return answerJson(c, runBody(run), faults);
          },
        },
        stage,
      ),
    )
    .post(
      '/:id/runs/:run/submit_tool_outputs',
      unscriptedCall<{ run: KeptRun; submission: z.infer<typeof submissionSchema> }>(
        {
          name: 'threads.runs.submitToolOutputs',
          read: (c) => ({ run: known(c), submission: checkBody(submissionSchema, jsonBody(c)) }),
          answer(c, { run, submission }, faults) {
            run.state = 'queued';
            run.answered = true;
            return answerRun(c, { run, stream: submission.stream ?? false }, faults);
          },
        },
        stage,
      ),
    );
}

function newThreadId(): string {
  return derivedId('thread_', newSeed());
}
