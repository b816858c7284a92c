/** The research: several agents behind one question, which are orchestrated by `ResearchManager`. */
import { createRoute, z } from '@hono/zod-openapi';
import { createRouter, type HttpService } from '../../service/http-service.js';
import { activeIds, type Logger } from '../../service/logger.js';
import { ProblemError, problemOf, problemResponse } from '../../service/problem.js';
import type { ResearchManager } from '../research/index.js';
import type { LiveStream } from '../streams/live-stream.js';
import { traceIdSchema, usageSchema } from '../streams/stream-event.js';
import { runProblem } from './run-problem.js';
import { type Pricing, tokenUsage } from './run-result.js';
import {
  eventStream,
  lastEventIdHeader,
  resumeResponses,
  resumeRoute,
  type StreamEndpoints,
} from './stream-endpoints.js';

export interface ResearchRouterOptions {
  readonly streams: StreamEndpoints;
  readonly pricing: Pricing;
  readonly logger: Logger;
  readonly runMillis: number;
}

const NAME = 'research';

export function createResearchRouter(manager: ResearchManager, options: ResearchRouterOptions): HttpService {
  const { streams, logger, pricing } = options;
  const router = createRouter();
  const withTimeLimit = (client: AbortSignal) =>
    AbortSignal.any([client, AbortSignal.timeout(options.runMillis)]);

  router.openapi(routes.run, async (c) => {
    const signal = withTimeLimit(c.req.raw.signal);
    try {
      const { report, usage } = await manager.run(c.req.valid('json').question, { signal });
      const trace_id = activeIds().trace_id ?? null;
      return c.json({ success: true as const, report, usage: tokenUsage(usage), trace_id }, 200);
    } catch (error) {
      const problem = runProblem(error, signal);
      throw problem === undefined ? error : new ProblemError(problem, { cause: error });
    }
  });

  router.openapi(routes.stream, (c) => {
    const resumed = c.req.valid('header')['last-event-id'];
    if (resumed !== undefined) return streams.resume(NAME, resumed);
    const { question } = c.req.valid('json');
    const requestId = c.get('requestId');
    return streams.start(NAME, (stream) => research(stream, question, requestId));
  });

  router.openapi(routes.resume, (c) => {
    const position = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').last_event_id;
    return streams.resume(NAME, position ?? `${c.req.valid('param').id}:0`);
  });

  async function research(stream: LiveStream, question: string, requestId: string): Promise<void> {
    const signal = withTimeLimit(stream.signal);
    const trace_id = activeIds().trace_id ?? null;
    stream.append({ type: 'stream_started', stream_id: stream.id, session_id: null, trace_id, agent: NAME });
    try {
      const { report, usage } = await manager.run(question, {
        signal,
        onProgress: (progress) => stream.append({ type: 'progress', ...progress }),
      });
      const cost = pricing(usage);
      await stream.end({
        type: 'stream_complete',
        final_output: { ...report },
        turns: usage.requests,
        usage: tokenUsage(usage),
        response_id: null,
        session_id: null,
        trace_id,
        pending_approvals: [],
        ...(cost !== undefined && { cost }),
      });
    } catch (error) {
      const { code, detail: message } = runProblem(error, signal) ?? problemOf(error, logger);
      logger.warn({ request_id: requestId, code }, 'stream failed');
      await stream.end({ type: 'error', code, message, request_id: requestId });
    }
  }

  return router;
}

const questionBody = {
  required: true,
  content: {
    'application/json': {
      schema: z
        .object({ question: z.string().min(1).max(20_000).openapi({ example: 'Are heat pumps worth it?' }) })
        .strict()
        .openapi('ResearchRequest'),
    },
  },
};

const answerSchema = z
  .object({
    success: z.literal(true),
    report: z.object({
      summary: z.string(),
      markdown: z.string(),
      follow_up_questions: z.array(z.string()),
    }),
    usage: usageSchema,
    trace_id: traceIdSchema,
  })
  .openapi('ResearchAnswer');

const routes = {
  run: createRoute({
    method: 'post',
    path: '/research',
    tags: [NAME],
    summary: 'Research a question and wait for the report',
    request: { body: questionBody },
    responses: {
      200: { description: 'The report.', content: { 'application/json': { schema: answerSchema } } },
      400: problemResponse('The request is not valid.'),
      413: problemResponse('The body is too large.'),
      415: problemResponse('The body is not `application/json`.'),
      429: problemResponse('The model is rate limited.'),
      502: problemResponse('The model or a tool failed.'),
      504: problemResponse('The research or the model took too long.'),
    },
  }),
  stream: createRoute({
    method: 'post',
    path: '/research/stream',
    tags: [NAME],
    summary: 'Research a question and stream the progress',
    request: { body: questionBody, headers: lastEventIdHeader },
    responses: {
      200: { description: 'Events; the last one is `stream_complete` or `error`.', content: eventStream },
      ...resumeResponses,
      413: problemResponse('The body is too large.'),
      415: problemResponse('The body is not `application/json`.'),
    },
  }),
  resume: resumeRoute('/research', NAME),
};
