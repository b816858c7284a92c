import { describe, expect, it } from 'vitest';
import { type ClientOperation, requestView } from '../../src/openai-api/client-operation.js';
import { conversationItems } from '../../src/openai-api/conversation-items.js';

function row(method: string): ClientOperation {
  const found = conversationItems.find((operation) => operation.method === method);
  if (found === undefined) throw new Error(`No row for ${method}`);
  return found;
}

const message = (id: string, text: string) => ({
  id,
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
});
const options = { timeout: 5 };
const page = { object: 'list', data: [message('msg_1', 'Hi'), message('msg_2', 'Ho')], has_more: false };

describe('arguments', () => {
  it.each<[method: string, args: unknown[], request: Record<string, unknown>]>([
    ['create', ['conv_1', { items: [] }, options], { conversation_id: 'conv_1', items: [] }],
    ['list', ['conv_1', { limit: 2 }, options], { conversation_id: 'conv_1', limit: 2 }],
    ['list', ['conv_1', undefined, options], { conversation_id: 'conv_1' }],
    ['list', ['conv_1', options], { conversation_id: 'conv_1' }],
    [
      'retrieve',
      ['msg_1', { conversation_id: 'conv_1' }, options],
      { conversation_id: 'conv_1', item_id: 'msg_1' },
    ],
    [
      'delete',
      ['msg_1', { conversation_id: 'conv_1' }, options],
      { conversation_id: 'conv_1', item_id: 'msg_1' },
    ],
  ])('%s%j', (method, args, request) => {
    const read = row(method).readArguments(args);
    expect({ request: requestView(read), options: read.options }).toStrictEqual({ request, options });
  });

  it.each(['create', 'list', 'retrieve', 'delete'])('%s skips a throwing getter', (method) => {
    const params = {
      after: 'msg_1',
      get limit(): never {
        throw new Error('asked');
      },
    };
    expect(requestView(row(method).readArguments(['conv_1', params, options]))).toMatchObject({
      after: 'msg_1',
    });
  });

  it.each(['create', 'list', 'retrieve', 'delete'])('%s works without arguments', (method) => {
    const read = row(method).readArguments([]);
    expect({ ...requestView(read) }).toEqual({});
    expect(read.options).toBeUndefined();
  });
});

describe('attributes', () => {
  it.each(['create', 'list', 'retrieve', 'delete'])('%s', (method) => {
    const operation = row(method);
    expect(operation.requestAttributes({ conversation_id: 'conv_1', item_id: 'msg_1' })).toEqual({
      'gen_ai.conversation.id': 'conv_1',
      'openai_agents.conversation_items.action': method,
    });
    expect(operation.requestAttributes({ conversation_id: 5 })).toEqual({
      'openai_agents.conversation_items.action': method,
    });
    expect(operation.readResponse(page, {})).toEqual({});
    expect(operation.readResponse(undefined, {})).toBeUndefined();
  });
});

describe('messages', () => {
  it('are the created items', () => {
    expect(row('create').requestDetails?.({ items: page.data })).toStrictEqual({
      messages: [
        { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
        { role: 'user', parts: [{ type: 'text', content: 'Ho' }] },
      ],
    });
  });
});

describe('facts', () => {
  it.each<[what: string, method: string, value: unknown, request: Record<string, unknown>, facts: unknown[]]>(
    [
      [
        'items that were created',
        'create',
        page,
        { conversation_id: 'conv_1', items: [] },
        [
          {
            type: 'state.update',
            state: { conversation_id: 'conv_1', action: 'create', item_ids: ['msg_1', 'msg_2'] },
            content: { items: page.data },
          },
        ],
      ],
      [
        'items that were listed',
        'list',
        page,
        { conversation_id: 'conv_1' },
        [
          {
            type: 'data.access',
            datasource: 'conversation://conv_1',
            documentIds: ['msg_1', 'msg_2'],
            content: { items: page.data },
          },
        ],
      ],
      [
        'a conversation without items',
        'list',
        { data: [] },
        { conversation_id: 'conv_1' },
        [{ type: 'data.access', datasource: 'conversation://conv_1', documentIds: [] }],
      ],
      [
        'an item that was looked up',
        'retrieve',
        message('msg_1', 'Hi'),
        { conversation_id: 'conv_1', item_id: 'msg_1' },
        [
          {
            type: 'data.access',
            datasource: 'conversation://conv_1',
            documentIds: ['msg_1'],
            content: { items: [message('msg_1', 'Hi')] },
          },
        ],
      ],
      [
        'an item that was deleted: its conversation is the answer and no item',
        'delete',
        { id: 'conv_1', object: 'conversation', metadata: { secret: 'x' } },
        { conversation_id: 'conv_1', item_id: 'msg_1' },
        [
          {
            type: 'state.update',
            state: { conversation_id: 'conv_1', action: 'delete', item_ids: ['msg_1'] },
          },
        ],
      ],
      ['a conversation without a name', 'list', page, {}, []],
      [
        'items that are none',
        'list',
        { data: [null, 'msg', 5, { id: 5 }] },
        { conversation_id: 'conv_1' },
        [
          {
            type: 'data.access',
            datasource: 'conversation://conv_1',
            documentIds: [],
            content: { items: [{ id: 5 }] },
          },
        ],
      ],
    ],
  )('%s', (_what, method, value, request, facts) => {
    expect(row(method).facts?.(value, request)).toStrictEqual(facts);
  });
});
