import { BATCH_ENDPOINTS } from '../batches/lines.js';
import {
  answer,
  EVENTS,
  errors,
  generation,
  operation,
  pathParameter,
  queryParameter,
  security,
} from './operation.js';

const text = { type: 'string' };
const anyInput = { type: ['string', 'array'] };
const file = { type: 'string', format: 'binary' };
const metadata = { type: 'object', additionalProperties: text };
const items = { type: 'array' };

const byId = { parameters: [pathParameter('id')], errors: [404] };
const byItem = { parameters: [pathParameter('id'), pathParameter('item')], errors: [404] };
const ofModel = {
  body: { required: ['model'], properties: { model: text, input: anyInput } },
  errors: [404],
};

const byRun = { parameters: [pathParameter('id'), pathParameter('run')], errors: [404] };
const runCreation = {
  body: {
    required: ['assistant_id'],
    properties: {
      assistant_id: text,
      model: text,
      instructions: text,
      tools: { type: 'array' },
      stream: { type: 'boolean' },
    },
  },
  answers: [EVENTS],
  errors: [404],
};
const videoForm = {
  body: { required: ['prompt', 'video'], properties: { prompt: text, video: file } },
  form: true,
};

const PAGE = [queryParameter('after', text), queryParameter('limit', { type: 'integer', minimum: 1 })];

/** The calls that go to an account, relative to the base path of the API. */
export const ACCOUNT_PATHS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/responses': { post: generation('Create a response', 'input', anyInput) },
  '/responses/compact': { post: operation('Compact a conversation', ofModel) },
  '/responses/input_tokens': { post: operation('Estimate the tokens of a request', ofModel) },
  '/responses/{id}': {
    get: operation('Retrieve a response; one in the background goes on each time', {
      ...byId,
      parameters: [
        pathParameter('id'),
        queryParameter('stream', { type: 'boolean' }),
        queryParameter('starting_after', { type: 'integer', minimum: 0 }),
      ],
      answers: [EVENTS],
    }),
    delete: operation('Forget a response', byId),
  },
  '/responses/{id}/cancel': { post: operation('Cancel a background response', byId) },
  '/moderations': {
    post: operation('Flag texts with "attack" or "hate" in them', {
      body: { required: ['input'], properties: { model: text, input: anyInput } },
      errors: [404],
    }),
  },
  '/decisions': {
    post: operation('Answer questions, each with its first choice', {
      body: {
        required: ['model', 'input', 'questions'],
        properties: { model: text, input: anyInput, questions: { type: 'array' } },
      },
      errors: [404],
    }),
  },
  '/vector_stores/{id}/search': {
    post: operation('Search a store, which holds the same three files as all others', {
      ...byId,
      body: {
        required: ['query'],
        properties: { query: anyInput, max_num_results: { type: 'integer', minimum: 1, maximum: 50 } },
      },
    }),
  },
  '/videos': {
    post: operation('Start a video, which stays queued', {
      body: {
        required: ['prompt'],
        properties: { prompt: text, model: text, seconds: text, size: text, input_reference: file },
      },
      form: true,
      errors: [404],
    }),
  },
  '/videos/edits': { post: operation('Start the edit of a video', videoForm) },
  '/videos/extensions': { post: operation('Start the extension of a video', videoForm) },
  '/videos/{id}/remix': {
    post: operation('Start the remix of a video', {
      ...byId,
      body: { required: ['prompt'], properties: { prompt: text } },
      form: true,
    }),
  },
  '/threads': { post: operation('Create a thread of the Assistants API') },
  '/threads/runs': { post: operation('Create a thread and run it', runCreation) },
  '/threads/{id}/runs': { post: operation('Run a thread', { ...byId, ...runCreation }) },
  '/threads/{id}/runs/{run}': {
    get: operation('Retrieve a run, which advances each time', byRun),
  },
  '/threads/{id}/runs/{run}/submit_tool_outputs': {
    post: operation('Continue a run with the outputs of its tools', {
      ...byRun,
      body: {
        required: ['tool_outputs'],
        properties: { tool_outputs: { type: 'array' }, stream: { type: 'boolean' } },
      },
      answers: [EVENTS],
    }),
  },
  '/conversations': {
    post: operation('Create a conversation', { body: { required: [], properties: { items, metadata } } }),
  },
  '/conversations/{id}': {
    get: operation('Retrieve a conversation', byId),
    post: operation('Replace the metadata of a conversation', {
      ...byId,
      body: { required: ['metadata'], properties: { metadata } },
    }),
    delete: operation('Forget a conversation', byId),
  },
  '/conversations/{id}/items': {
    post: operation('Add items', { ...byId, body: { required: ['items'], properties: { items } } }),
    get: operation('List items, newest first by default', {
      ...byId,
      parameters: [
        pathParameter('id'),
        queryParameter('after', text),
        queryParameter('limit', { type: 'integer', minimum: 1, maximum: 100 }),
        queryParameter('order', { enum: ['asc', 'desc'] }),
      ],
    }),
  },
  '/conversations/{id}/items/{item}': {
    get: operation('Retrieve an item', byItem),
    delete: operation('Take an item out of its conversation', byItem),
  },
  '/files': {
    post: operation('Upload a file; batches read those with the purpose "batch"', {
      body: { required: ['file', 'purpose'], properties: { file, purpose: text } },
      form: true,
      errors: [413],
    }),
    get: operation('List files, newest first by default', {
      parameters: [
        ...PAGE,
        queryParameter('order', { enum: ['asc', 'desc'] }),
        queryParameter('purpose', text),
      ],
    }),
  },
  '/files/{id}': {
    get: operation('Retrieve the description of a file', byId),
    delete: operation('Forget a file', byId),
  },
  '/files/{id}/content': {
    get: operation('Retrieve the content of a file', { ...byId, answers: ['application/octet-stream'] }),
  },
  '/batches': {
    get: operation('List batches, newest first', { parameters: PAGE }),
    post: operation('Create a batch, which runs at once', {
      errors: [404],
      body: {
        required: ['input_file_id', 'endpoint', 'completion_window'],
        properties: {
          input_file_id: text,
          endpoint: { enum: [...BATCH_ENDPOINTS] },
          completion_window: text,
          metadata,
        },
      },
    }),
  },
  '/batches/{id}': { get: operation('Retrieve a batch', byId) },
  '/batches/{id}/cancel': { post: operation('Cancel a batch', byId) },
  '/models': {
    get: {
      summary: 'List models and scenarios',
      security,
      responses: { 200: answer('The list'), ...errors(401) },
    },
  },
  '/models/{id}': {
    get: {
      summary: 'Retrieve one model',
      security,
      parameters: [pathParameter('id')],
      responses: { 200: answer('The model'), ...errors(401, 404) },
    },
  },
};
