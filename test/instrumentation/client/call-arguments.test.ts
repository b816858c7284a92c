// The arguments of each method are read as the client itself reads them, which the requested address shows.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { requestView } from '../../../src/openai-api/client-operation.js';
import { CLIENT_OPERATIONS } from '../../../src/openai-api/client-operations.js';

let server: Server;
let client: OpenAI;
const requested: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requested.push(`${request.method} ${request.url}`);
    request.resume();
    response.setHeader('content-type', 'application/json').end('{"data":[]}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ apiKey: 'sk-local', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  requested.length = 0;
});

const timeout = { timeout: 1000 };

it.each<
  [method: string, resource: (client: OpenAI) => object, args: unknown[], request: string, read: unknown]
>([
  [
    'Responses.retrieve',
    ({ responses }) => responses,
    ['resp_1', { starting_after: 4 }, timeout],
    'GET /responses/resp_1?starting_after=4',
    { request: { starting_after: 4, response_id: 'resp_1' }, options: timeout },
  ],
  [
    'Responses.retrieve',
    ({ responses }) => responses,
    ['resp_1', timeout],
    'GET /responses/resp_1',
    { request: { response_id: 'resp_1' }, options: timeout },
  ],
  [
    'Beta.Responses.retrieve',
    ({ beta }) => beta.responses,
    ['resp_1', { starting_after: 4 }],
    'GET /responses/resp_1?beta=true&starting_after=4',
    { request: { starting_after: 4, response_id: 'resp_1' }, options: undefined },
  ],
  [
    'Responses.compact',
    ({ responses }) => responses,
    [{ model: 'gpt-6-sol' }, timeout],
    'POST /responses/compact',
    { request: { model: 'gpt-6-sol' }, options: timeout },
  ],
  [
    'VectorStores.search',
    ({ vectorStores }) => vectorStores,
    ['vs_1', { query: 'Hi' }, timeout],
    'POST /vector_stores/vs_1/search',
    { request: { query: 'Hi', vector_store_id: 'vs_1' }, options: timeout },
  ],
  [
    'Conversations.Items.create',
    ({ conversations }) => conversations.items,
    ['conv_1', { items: [] }, timeout],
    'POST /conversations/conv_1/items',
    { request: { items: [], conversation_id: 'conv_1' }, options: timeout },
  ],
  [
    'Conversations.Items.list',
    ({ conversations }) => conversations.items,
    ['conv_1', { limit: 2 }],
    'GET /conversations/conv_1/items?limit=2',
    { request: { limit: 2, conversation_id: 'conv_1' }, options: undefined },
  ],
  [
    'Conversations.Items.list',
    ({ conversations }) => conversations.items,
    ['conv_1', timeout],
    'GET /conversations/conv_1/items',
    { request: { conversation_id: 'conv_1' }, options: timeout },
  ],
  [
    'Conversations.Items.retrieve',
    ({ conversations }) => conversations.items,
    ['msg_1', { conversation_id: 'conv_1' }, timeout],
    'GET /conversations/conv_1/items/msg_1',
    { request: { conversation_id: 'conv_1', item_id: 'msg_1' }, options: timeout },
  ],
  [
    'Conversations.Items.delete',
    ({ conversations }) => conversations.items,
    ['msg_1', { conversation_id: 'conv_1' }, timeout],
    'DELETE /conversations/conv_1/items/msg_1',
    { request: { conversation_id: 'conv_1', item_id: 'msg_1' }, options: timeout },
  ],
])('%s: %#', async (name, resource, args, request, read) => {
  const row = CLIENT_OPERATIONS.find((each) => [...each.resource, each.method].join('.') === name);
  const owner = resource(client) as Record<string, (...args: unknown[]) => Promise<unknown>>;
  await owner[row?.method ?? '']?.(...args);
  expect(requested).toEqual([request]);
  const given = row?.readArguments(args);
  expect(given && { request: requestView(given), options: given.options }).toStrictEqual(read);
});
