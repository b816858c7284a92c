import { ECHO } from './scripting/choice.js';

/** Says what this server does, not what OpenAI's does: parameters that it ignores are not described. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Model server',
      version: '1.0.0',
      description: `A local, scripted stand-in for the OpenAI API. Without a scenario it plays "${ECHO.id}".`,
    },
    paths: {
      '/v1/responses': { post: generation('Create a response', 'input', { type: ['string', 'array'] }) },
      '/v1/chat/completions': { post: generation('Create a chat completion', 'messages', { type: 'array' }) },
      '/v1/embeddings': {
        post: {
          summary: 'Create embeddings: deterministic unit vectors without meaning',
          security,
          parameters: faultHeaders,
          requestBody: jsonObject(['model', 'input'], {
            model: { type: 'string' },
            input: { type: ['string', 'array'] },
            encoding_format: { enum: ['float', 'base64'] },
            dimensions: { type: 'integer', minimum: 1, maximum: 4096 },
          }),
          responses: { 200: answer('The embeddings'), ...errors(400, 401, 404) },
        },
      },
      '/v1/models': {
        get: {
          summary: 'List models and scenarios',
          security,
          responses: { 200: answer('The list'), ...errors(401) },
        },
      },
      '/v1/models/{id}': {
        get: {
          summary: 'Retrieve one model',
          security,
          parameters: [pathId],
          responses: { 200: answer('The model'), ...errors(401, 404) },
        },
      },
      '/shop/orders/{id}': {
        get: {
          summary: 'An order of the demo shop, such as A-1001',
          parameters: [pathId],
          responses: { 200: answer('The order'), ...errors(404) },
        },
      },
      '/shop/refunds': {
        post: {
          summary: 'Issue a refund in the demo shop; nothing is stored',
          requestBody: jsonObject(['orderId', 'amount'], {
            orderId: { type: 'string' },
            amount: { type: 'number', exclusiveMinimum: 0 },
          }),
          responses: { 201: answer('The refund'), ...errors(400, 404, 422) },
        },
      },
      '/healthz': { get: { summary: 'Whether the server is up', responses: { 200: answer('It is') } } },
      '/openapi.json': { get: { summary: 'This document', responses: { 200: answer('This document') } } },
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'Any but one in sk-bad…' } },
      schemas: { Error: errorSchema },
    },
  };
}

const security = [{ key: [] }];
const pathId = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};

const faultHeaders = [
  header('x-fault', 'Faults to meet, such as rate-limit;times=1;retry-after-ms=30'),
  header('x-fault-key', 'What the counts of the faults are kept under'),
];

function generation(summary: string, input: string, inputSchema: object): object {
  return {
    summary,
    security,
    parameters: [header('x-scenario', 'Id of the scenario that answers'), ...faultHeaders],
    requestBody: jsonObject(['model'], {
      model: { type: 'string' },
      [input]: inputSchema,
      stream: { type: 'boolean' },
      tools: { type: 'array' },
      metadata: { type: 'object', properties: { scenario: { type: 'string' } } },
    }),
    responses: {
      200: {
        description: 'The reply, or its events when stream is true',
        content: {
          'application/json': { schema: { type: 'object' } },
          'text/event-stream': { schema: { type: 'string' } },
        },
      },
      ...errors(400, 401, 404, 429, 500),
    },
  };
}

function header(name: string, description: string): object {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

function jsonObject(required: string[], properties: Record<string, object>): object {
  return {
    required: true,
    content: { 'application/json': { schema: { type: 'object', required, properties } } },
  };
}

function answer(description: string): object {
  return { description, content: { 'application/json': { schema: { type: 'object' } } } };
}

function errors(...statuses: number[]): Record<number, object> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'Error', content }]));
}
