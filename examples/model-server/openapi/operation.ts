/** Builders for the operations of the OpenAPI document. */

export const security = [{ key: [] }, { azureKey: [] }];
const FAULT_HEADERS = [
  header('x-fault', 'Faults to meet, such as rate-limit;times=1;retry-after-ms=30'),
  header('x-fault-key', 'What the counts of the faults are kept under'),
];

interface Body {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
}

interface OperationOptions {
  readonly body?: Body;
  /** Whether the body is a form, which can contain files. */
  readonly form?: boolean;
  /** Parameters in addition to those of the faults. */
  readonly parameters?: readonly object[];
  /** Content types that the answer can have besides JSON. */
  readonly answers?: readonly string[];
  readonly errors?: readonly number[];
}

/** An operation that takes faults from its header. */
export function operation(summary: string, options: OperationOptions = {}): object {
  const { body, form = false, parameters = [], answers = [], errors: statuses = [] } = options;
  return {
    summary,
    security,
    parameters: [...parameters, ...FAULT_HEADERS],
    ...(body && { requestBody: form ? formBody(body) : jsonObject([...body.required], body.properties) }),
    responses: {
      200: {
        description: 'The answer',
        content: {
          'application/json': { schema: { type: 'object' } },
          ...Object.fromEntries(answers.map((type) => [type, { schema: { type: 'string' } }])),
        },
      },
      ...errors(400, 401, 429, 500, ...statuses),
    },
  };
}

export const EVENTS = 'text/event-stream';

/** An operation that a scenario answers, plain or as events. */
export function generation(summary: string, input: string, inputSchema: object): object {
  const properties = {
    model: { type: 'string' },
    [input]: inputSchema,
    stream: { type: 'boolean' },
    tools: { type: 'array' },
    metadata: { type: 'object', properties: { scenario: { type: 'string' } } },
  };
  return operation(summary, {
    body: { required: ['model'], properties },
    parameters: [header('x-scenario', 'Id of the scenario that answers')],
    answers: [EVENTS],
    errors: [404],
  });
}

export function pathParameter(name: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

export function queryParameter(name: string, schema: object): object {
  return { name, in: 'query', schema };
}

function header(name: string, description: string): object {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

export function jsonObject(required: string[], properties: Readonly<Record<string, object>>): object {
  return {
    required: true,
    content: { 'application/json': { schema: { type: 'object', required, properties } } },
  };
}

function formBody({ required, properties }: Body): object {
  return {
    required: true,
    content: { 'multipart/form-data': { schema: { type: 'object', required, properties } } },
  };
}

export function answer(description: string): object {
  return { description, content: { 'application/json': { schema: { type: 'object' } } } };
}

export function errors(...statuses: number[]): Record<number, object> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'Error', content }]));
}
