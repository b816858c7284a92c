/** The endpoints that every agent has. */
import { createRoute, z } from '@hono/zod-openapi';
import type { ModelProvider } from '@openai/agents';
import type { Context } from 'hono';
import { createRouter, type HttpService } from '../../service/http-service.js';
import { activeIds, type Logger } from '../../service/logger.js';
import { problemResponse } from '../../service/problem.js';
import type { ServiceBindings } from '../../service/trace-requests.js';
import type { SessionStore } from '../sessions/session-store.js';
import { type AgentRun, AgentRuns, sessionNotFound } from './agent-runs.js';
import type { AnyAgent, Pricing } from './run-result.js';
import {
  approvalRequestSchema,
  infoSchema,
  runAnswerSchema,
  runRequestSchema,
  sessionIdSchema,
  sessionSchema,
} from './schemas.js';
import {
  eventStream,
  lastEventIdHeader,
  resumeResponses,
  resumeRoute,
  type StreamEndpoints,
} from './stream-endpoints.js';

export interface AgentRouterOptions {
  /** The path that the endpoints have in common, such as `/assistant`. */
  readonly prefix: string;
  readonly name: string;
  readonly sessions: SessionStore;
  readonly streams: StreamEndpoints;
  readonly modelProvider: ModelProvider;
  readonly pricing: Pricing;
  readonly logger: Logger;
  readonly runMillis: number;
}

/**
 * Gives an agent its endpoints: run, stream, approvals, sessions and information about itself.
 *
 * @example
 * app.route('/', createAgentRouter(createChatAgent({ model }), { prefix: '/chat', name: 'chat', … }));
 */
export function createAgentRouter(agent: AnyAgent, options: AgentRouterOptions): HttpService {
  const { prefix, name, sessions, streams } = options;
  const router = createRouter();
  const runs = new AgentRuns({ agent, ...options });
  const routes = agentRoutes(prefix, name);

  router.openapi(routes.run, async (c) => {
    const run = runs.begin(c.req.valid('json'));
    return c.json(await run.complete(c.req.raw.signal), 200);
  });

  router.openapi(routes.stream, (c) => {
    const resumed = c.req.valid('header')['last-event-id'];
    if (resumed !== undefined) return streams.resume(name, resumed);
    return startStream(c, runs.begin(c.req.valid('json')));
  });

  router.openapi(routes.resume, (c) => {
    const position = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').last_event_id;
    return streams.resume(name, position ?? `${c.req.valid('param').id}:0`);
  });

  router.openapi(routes.approvals, async (c) => {
    const { approvals, stream } = c.req.valid('json');
    const run = runs.resume(c.req.valid('param').id, approvals);
    return stream === true ? startStream(c, run) : c.json(await run.complete(c.req.raw.signal), 200);
  });

  router.openapi(routes.session, (c) => {
    const { id } = c.req.valid('param');
    const session = sessions.read(name, id);
    if (session === undefined) throw sessionNotFound(id);
    const { items, pendingApprovals, createdAt, updatedAt } = session;
    return c.json(
      {
        session_id: id,
        agent: name,
        items: [...items] as unknown[],
        item_count: items.length,
        pending_approvals: [...pendingApprovals],
        created_at: new Date(createdAt).toISOString(),
        updated_at: new Date(updatedAt).toISOString(),
      },
      200,
    );
  });

  router.openapi(routes.deleteSession, (c) => {
    runs.deleteSession(c.req.valid('param').id);
    return c.body(null, 204);
  });

  router.openapi(routes.info, (c) => {
    const { instructions, model, tools, handoffs } = agent;
    return c.json(
      {
        name,
        instructions: typeof instructions === 'string' ? instructions : 'dynamic',
        model: typeof model === 'string' ? model : model.constructor.name,
        tools: tools.length,
        handoffs: handoffs.length,
        endpoints: Object.values(routes).map(({ method, path }) => ({ method: method.toUpperCase(), path })),
        session: { storage: 'sqlite' as const, persistent: true as const, max_items: sessions.maxItems },
      },
      200,
    );
  });

  function startStream(c: Context<ServiceBindings>, run: AgentRun): Response {
    const requestId = c.get('requestId');
    try {
      return streams.start(name, async (stream) => {
        stream.append({
          type: 'stream_started',
          stream_id: stream.id,
          session_id: run.sessionId,
          trace_id: activeIds().trace_id ?? null,
          agent: agent.name,
        });
        await run.stream(stream, requestId);
      });
    } catch (error) {
      run.cancel();
      throw error;
    }
  }

  return router;
}

/** Rows of `responses` that several routes have. */
const runFailures = {
  400: problemResponse('The request is not valid.'),
  409: problemResponse('`session_busy`, `approval_pending` or `no_approval_pending`.'),
  413: problemResponse('The body is too large.'),
  415: problemResponse('The body is not `application/json`.'),
  422: problemResponse('`guardrail_tripped`, `max_turns_exceeded` or `model_refused`.'),
  429: problemResponse('The model is rate limited; `retry-after` says for how long.'),
  502: problemResponse('The model or a tool failed.'),
  503: problemResponse('The server is shutting down.'),
  504: problemResponse('The run or the model took too long.'),
};

function agentRoutes(prefix: string, name: string) {
  const tags = [name];
  const session = z.object({ id: sessionIdSchema });
  const runBody = { required: true, content: { 'application/json': { schema: runRequestSchema } } };
  return {
    run: createRoute({
      method: 'post',
      path: `${prefix}/run`,
      tags,
      summary: 'Run the agent and wait for its answer',
      request: { body: runBody },
      responses: {
        200: {
          description: 'The answer, or what the run waits for.',
          content: { 'application/json': { schema: runAnswerSchema } },
        },
        ...runFailures,
      },
    }),
    stream: createRoute({
      method: 'post',
      path: `${prefix}/stream`,
      tags,
      summary: 'Run the agent and stream what happens',
      description: 'With `Last-Event-ID`, goes on with the stream of that event instead.',
      request: { body: runBody, headers: lastEventIdHeader },
      responses: {
        200: { description: 'Events; the last one is `stream_complete` or `error`.', content: eventStream },
        ...resumeResponses,
        409: runFailures[409],
        413: runFailures[413],
        415: runFailures[415],
      },
    }),
    resume: resumeRoute(prefix, name),
    approvals: createRoute({
      method: 'post',
      path: `${prefix}/session/{id}/approvals`,
      tags,
      summary: 'Decide about tool calls, and go on with the run',
      request: {
        params: session,
        body: { required: true, content: { 'application/json': { schema: approvalRequestSchema } } },
      },
      responses: {
        200: {
          description: 'As for run, or for stream with `stream: true`.',
          content: { 'application/json': { schema: runAnswerSchema }, ...eventStream },
        },
        404: problemResponse('`session_not_found` or `approval_not_found`.'),
        ...runFailures,
      },
    }),
    session: createRoute({
      method: 'get',
      path: `${prefix}/session/{id}`,
      tags,
      summary: 'The history of a session',
      request: { params: session },
      responses: {
        200: {
          description: 'The session.',
          content: { 'application/json': { schema: sessionSchema } },
        },
        400: runFailures[400],
        404: problemResponse('There is no such session.'),
      },
    }),
    deleteSession: createRoute({
      method: 'delete',
      path: `${prefix}/session/{id}`,
      tags,
      summary: 'Forget a session',
      request: { params: session },
      responses: {
        204: { description: 'It is gone.' },
        400: runFailures[400],
        404: problemResponse('There is no such session.'),
        409: problemResponse('A run of the session is not over yet.'),
      },
    }),
    info: createRoute({
      method: 'get',
      path: `${prefix}/info`,
      tags,
      summary: 'About the agent',
      responses: {
        200: { description: 'What it is.', content: { 'application/json': { schema: infoSchema } } },
      },
    }),
  };
}
