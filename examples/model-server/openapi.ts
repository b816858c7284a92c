import { API_BASES, DEPLOYMENT_BASE } from './http/azure.js';
import { ACCOUNT_PATHS } from './openapi/account-paths.js';
import { MODEL_PATHS } from './openapi/model-paths.js';
import { answer, errors, jsonObject, pathParameter } from './openapi/operation.js';
import { ECHO } from './scripting/choice.js';

/** Describes this server, not OpenAI's: parameters that it ignores are left out. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Model server',
      version: '1.0.0',
      description: `A local, scripted stand-in for the OpenAI API. Without a scenario it plays "${ECHO.id}".`,
    },
    paths: {
      ...Object.assign({}, ...API_BASES.map((base) => below(base, { ...MODEL_PATHS, ...ACCOUNT_PATHS }))),
      ...below(DEPLOYMENT_BASE.replace(':deployment', '{deployment}'), MODEL_PATHS, [
        pathParameter('deployment'),
      ]),
      ...OTHER_PATHS,
    },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'Any but one in sk-bad…' },
        azureKey: {
          type: 'apiKey',
          in: 'header',
          name: 'api-key',
          description: 'The same, as Azure takes it',
        },
      },
      schemas: { Error: errorSchema },
    },
  };
}

type Paths = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** The same paths under a base path, whose parameters each operation also gets. */
function below(base: string, paths: Paths, parameters: readonly object[] = []): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [base + path, withParameters(operations, parameters)]),
  );
}

function withParameters(operations: Paths[string], added: readonly object[]): Paths[string] {
  if (added.length === 0) return operations;
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => {
      const own =
        'parameters' in operation && Array.isArray(operation.parameters) ? operation.parameters : [];
      return [method, { ...operation, parameters: [...added, ...own] }];
    }),
  );
}

/** Paths that need no key. */
const OTHER_PATHS: Paths = {
  '/shop/orders/{id}': {
    get: {
      summary: 'An order of the demo shop, such as A-1001',
      parameters: [pathParameter('id')],
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
};

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
