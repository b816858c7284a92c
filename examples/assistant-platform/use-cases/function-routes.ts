/** `GET /functions`. */
import { createRoute, z } from '@hono/zod-openapi';
import type { FunctionRegistry } from '../functions/registry.js';
import { ROLES } from '../principal.js';
import {
  COMMON_PROBLEMS,
  createPlatformRouter,
  jsonContent,
  type PlatformRouter,
  SECURITY,
} from './routes.js';

const functionsSchema = z
  .object({
    functions: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        parameters: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema.' }),
        access: z.union([z.literal('any'), z.array(z.enum(ROLES))]),
        timeout_ms: z.number(),
      }),
    ),
  })
  .openapi('Functions');

const route = createRoute({
  method: 'get',
  path: '/functions',
  summary: 'Lists the functions that the model can call for this key',
  tags: ['chat'],
  security: SECURITY,
  responses: {
    200: { description: 'The functions.', content: jsonContent(functionsSchema) },
    ...COMMON_PROBLEMS,
  },
});

export function functionRoutes(registry: FunctionRegistry): PlatformRouter {
  return createPlatformRouter().openapi(route, (c) => {
    const functions = registry.list(c.get('principal')).map(({ timeoutMs, access, parameters, ...rest }) => ({
      ...rest,
      parameters: { ...parameters },
      access: access === 'any' ? access : [...access],
      timeout_ms: timeoutMs,
    }));
    return c.json({ functions }, 200);
  });
}
