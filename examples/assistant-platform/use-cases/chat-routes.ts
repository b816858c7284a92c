/** `POST /chat` and `GET /stream`. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Logger } from '../../service/logger.js';
import { problemOf } from '../../service/problem.js';
import type { CompletionEvent } from '../openai-service/openai-service.js';
import type { Chat, ChatReply, ChatRequest } from './chat.js';
import {
  createPlatformRouter,
  jsonContent,
  MODEL_PROBLEMS,
  type PlatformBindings,
  type PlatformRouter,
  requestIds,
  requestIdsShape,
  SECURITY,
  usageSchema,
} from './routes.js';

/** Time between two comments that keep proxies awake while the model thinks. */
const HEARTBEAT_MS = 15_000;

const message = z.string().trim().min(1).max(20_000).openapi({ example: 'What has c-100 spent?' });
const conversationId = z.uuid();
const model = z.string().min(1).max(100);

const chatBodySchema = z
  .strictObject({
    message,
    conversation_id: conversationId.optional(),
    model: model.optional(),
    temperature: z
      .number()
      .min(0)
      .max(2)
      .optional()
      .openapi({ description: 'With 0 the answer may be cached.' }),
    seed: z.int().optional().openapi({ description: 'With a seed the answer may be cached.' }),
    function_call: z
      .union([z.enum(['auto', 'none']), z.strictObject({ name: z.string().min(1).max(64) })])
      .default('auto')
      .openapi({ description: 'A name forces a call of that function first.' }),
    legacy_functions: z
      .boolean()
      .default(false)
      .openapi({ description: 'Sends the functions in the legacy form `functions` instead of `tools`.' }),
    stream: z.boolean().default(false).openapi({ description: 'Answers with events, like GET /stream.' }),
  })
  .openapi('ChatRequest');

const functionCallSchema = z.object({
  name: z.string(),
  arguments: z.string().openapi({ description: 'JSON as the model wrote it.' }),
  outcome: z.enum(['success', 'failure', 'timeout', 'denied', 'invalid']),
});

const chatReplySchema = z
  .object({
    reply: z.string(),
    refusal: z.string().nullable(),
    truncated: z.boolean().openapi({ description: 'Whether the answer ended at the token limit.' }),
    conversation_id: conversationId,
    model: z.string(),
    usage: usageSchema,
    cached: z.boolean(),
    function_calls: z.array(functionCallSchema),
    ...requestIdsShape,
  })
  .openapi('ChatReply');

const EVENTS =
  'Events: `delta` {text}, `function_call` {id, name, arguments}, `function_result` {id, name, outcome, content}, and at the end `complete` (a ChatReply) or `error` (a Problem).';

const chatRoute = createRoute({
  method: 'post',
  path: '/chat',
  summary: 'Answers a message',
  tags: ['chat'],
  security: SECURITY,
  request: { body: { content: jsonContent(chatBodySchema), required: true } },
  responses: {
    200: {
      description: `The answer. With \`stream\`, events instead. ${EVENTS}`,
      headers: z.object({ 'x-cache': z.enum(['hit', 'miss']) }),
      content: { ...jsonContent(chatReplySchema), 'text/event-stream': { schema: z.string() } },
    },
    ...MODEL_PROBLEMS,
  },
});

const streamRoute = createRoute({
  method: 'get',
  path: '/stream',
  summary: 'Answers a message in server-sent events',
  tags: ['chat'],
  security: SECURITY,
  request: {
    query: z.object({ message, conversation_id: conversationId.optional(), model: model.optional() }),
  },
  responses: {
    200: { description: EVENTS, content: { 'text/event-stream': { schema: z.string() } } },
    ...MODEL_PROBLEMS,
  },
});

export function chatRoutes(chat: Chat, logger: Logger): PlatformRouter {
  const router = createPlatformRouter();

  router.openapi(chatRoute, async (c): Promise<Response> => {
    const body = c.req.valid('json');
    const request: ChatRequest = {
      message: body.message,
      conversationId: body.conversation_id,
      model: body.model,
      temperature: body.temperature,
      seed: body.seed,
      functionChoice: body.function_call,
      functionForm: body.legacy_functions ? 'functions' : 'tools',
    };
    if (body.stream) return streamReply(c, chat, request, logger);
    const reply = await chat.send(request, { principal: c.get('principal'), signal: c.req.raw.signal });
    c.header('x-cache', reply.completion.cached ? 'hit' : 'miss');
    return c.json(replyBody(c, reply), 200);
  });

  router.openapi(streamRoute, async (c) => {
    const { message, conversation_id, model } = c.req.valid('query');
    const request: ChatRequest = {
      message,
      conversationId: conversation_id,
      model,
      functionChoice: 'auto',
      functionForm: 'tools',
    };
    return streamReply(c, chat, request, logger);
  });

  return router;
}

interface SseFields {
  readonly event: string;
  readonly data: object;
}

/**
 * Streams the answer. A failure before the first event has its own status; afterwards it is the last event. A client that
 * leaves aborts the call of the model, and one that reads slowly holds it up.
 */
async function streamReply(
  c: Context<PlatformBindings>,
  chat: Chat,
  request: ChatRequest,
  logger: Logger,
): Promise<Response> {
  // A write is done when its event has been read, so nothing piles up.
  const { readable, writable } = new TransformStream<SseFields, SseFields>();
  const writer = writable.getWriter();
  const left = new AbortController();
  const answer = async () => {
    const reply = await chat.send(request, {
      principal: c.get('principal'),
      signal: AbortSignal.any([left.signal, c.req.raw.signal]),
      onEvent: (event) => writer.write(eventFields(event)),
    });
    await writer.write({ event: 'complete', data: replyBody(c, reply) });
    await writer.close();
  };
  answer()
    .catch((error: unknown) => writer.abort(error))
    // The client has left, so nobody waits for the error.
    .catch(() => undefined);

  const reader = readable.getReader();
  let next = await reader.read();
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => {
      left.abort();
      return reader.cancel();
    });
    const heartbeat = setInterval(() => void stream.write(': heartbeat\n\n'), HEARTBEAT_MS);
    try {
      for (; !next.done; next = await reader.read()) {
        const { event, data } = next.value;
        await stream.writeSSE({ event, data: JSON.stringify(data) });
      }
    } catch (error) {
      const { status, code, title, detail } = problemOf(error, logger);
      const data = { type: 'about:blank', title, status, detail, code, ...requestIds(c) };
      await stream.writeSSE({ event: 'error', data: JSON.stringify(data) });
    } finally {
      clearInterval(heartbeat);
    }
  });
}

function eventFields(event: CompletionEvent): SseFields {
  if (event.type === 'delta') return { event: 'delta', data: { text: event.text } };
  const { id = null, name } = event.call;
  if (event.type === 'function_call') {
    return { event: 'function_call', data: { id, name, arguments: event.call.arguments } };
  }
  const { outcome, content } = event.result;
  return { event: 'function_result', data: { id, name, outcome, content } };
}

function replyBody(c: Context<PlatformBindings>, { conversationId, completion, usage }: ChatReply) {
  return {
    reply: completion.text,
    refusal: completion.refusal ?? null,
    truncated: completion.truncated,
    conversation_id: conversationId,
    model: completion.model,
    usage,
    cached: completion.cached,
    function_calls: completion.functionCalls.map(({ call, result }) => ({
      name: call.name,
      arguments: call.arguments,
      outcome: result.outcome,
    })),
    ...requestIds(c),
  };
}
