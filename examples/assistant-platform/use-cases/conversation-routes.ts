/** `GET` and `DELETE /conversations/{id}`. */
import { createRoute, z } from '@hono/zod-openapi';
import { problemResponse } from '../../service/problem.js';
import type { Conversations } from '../conversation/conversations.js';
import type { TimedMessage } from '../conversation/turns.js';
import { conversationNotFound } from './chat.js';
import {
  COMMON_PROBLEMS,
  createPlatformRouter,
  jsonContent,
  type PlatformRouter,
  SECURITY,
} from './routes.js';

const params = z.object({ id: z.uuid() });

const conversationSchema = z
  .object({
    conversation_id: z.uuid(),
    created_at: z.iso.datetime(),
    token_count: z.int().openapi({ description: 'Tokens of the messages as the input of a request.' }),
    messages: z.array(
      z.object({
        role: z.string(),
        at: z.iso.datetime(),
        content: z.string().nullable(),
        function_calls: z.array(z.object({ name: z.string(), arguments: z.string() })),
      }),
    ),
  })
  .openapi('Conversation');

const NOT_FOUND = { 404: problemResponse('This key has no such conversation.') };

const getRoute = createRoute({
  method: 'get',
  path: '/conversations/{id}',
  summary: 'Shows a conversation',
  tags: ['chat'],
  security: SECURITY,
  request: { params },
  responses: {
    200: { description: 'The conversation.', content: jsonContent(conversationSchema) },
    ...COMMON_PROBLEMS,
    ...NOT_FOUND,
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/conversations/{id}',
  summary: 'Deletes a conversation, or its turns before a time',
  tags: ['chat'],
  security: SECURITY,
  request: {
    params,
    query: z.object({
      before: z.iso.datetime({ offset: true }).optional().openapi({ example: '2026-11-30T12:00:00Z' }),
    }),
  },
  responses: {
    200: {
      description: 'With `before`: the number of messages that were dropped.',
      content: jsonContent(z.object({ dropped: z.int(), token_count: z.int() })),
    },
    204: { description: 'The conversation is deleted.' },
    ...COMMON_PROBLEMS,
    ...NOT_FOUND,
  },
});

export function conversationRoutes(conversations: Conversations): PlatformRouter {
  const router = createPlatformRouter();

  router.openapi(getRoute, (c) => {
    const { id } = c.req.valid('param');
    const conversation = conversations.find(id, c.get('principal'));
    if (conversation === undefined) throw conversationNotFound(id);
    const { context, createdAt } = conversation;
    return c.json(
      {
        conversation_id: id,
        created_at: createdAt.toISOString(),
        token_count: context.tokenCount(),
        messages: context.messages.map(messageBody),
      },
      200,
    );
  });

  router.openapi(deleteRoute, (c) => {
    const { id } = c.req.valid('param');
    const { before } = c.req.valid('query');
    const conversation = conversations.find(id, c.get('principal'));
    if (conversation === undefined) throw conversationNotFound(id);
    if (before === undefined) {
      conversations.delete(id, c.get('principal'));
      return c.body(null, 204);
    }
    const dropped = conversation.context.clearBefore(new Date(before));
    return c.json({ dropped, token_count: conversation.context.tokenCount() }, 200);
  });

  return router;
}

function messageBody({ message, at }: TimedMessage) {
  const { role } = message;
  const content = 'content' in message && typeof message.content === 'string' ? message.content : null;
  const tools = role === 'assistant' ? (message.tool_calls ?? []) : [];
  const legacy = role === 'assistant' && message.function_call ? [message.function_call] : [];
  const calls = [...tools.flatMap((call) => (call.type === 'function' ? call.function : [])), ...legacy];
  return {
    role,
    at: at.toISOString(),
    content,
    function_calls: calls.map(({ name, arguments: text }) => ({ name, arguments: text })),
  };
}
