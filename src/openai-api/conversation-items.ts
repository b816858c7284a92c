import type { Attributes } from '@opentelemetry/api';
import { type JsonValue, toJsonValue } from '../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { SPAN_TYPE_CONVERSATION_ITEMS } from '../semconv/operations.js';
import type { Fact } from '../signals/signal.js';
import type { CallArguments, ClientOperation } from './client-operation.js';
import { responsesInputMessages } from './responses/messages.js';
import { queryAndOptions } from './responses/retrieve.js';

/** The methods on a conversation's items: in openai 5.23.2 and later, not in 5.0.1. */
type ItemsAction = 'create' | 'list' | 'retrieve' | 'delete';

export const conversationItems: readonly ClientOperation[] = [
  {
    ...itemsOperation('create', createArguments),
    requestDetails: ({ items }) => ({ messages: responsesInputMessages(items) }),
  },
  itemsOperation('list', listArguments),
  itemsOperation('retrieve', itemArguments),
  itemsOperation('delete', itemArguments),
];

function itemsOperation(
  action: ItemsAction,
  readArguments: ClientOperation['readArguments'],
): ClientOperation {
  return {
    resource: ['Conversations', 'Items'],
    method: action,
    everywhere: false,
    callType: SPAN_TYPE_CONVERSATION_ITEMS,
    targetAttribute: semconv.ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION,
    readArguments,
    pathMembers: ([conversationId, itemId]) => ({ conversation_id: conversationId, item_id: itemId }),
    requestAttributes: (request) => itemsAttributes(action, request),
    readResponse: (value) => (isRecord(value) ? {} : undefined),
    facts: (value, request) => itemsFacts(action, value, request),
  };
}

/** `create(conversationID, params, options)` */
function createArguments([conversationId, params, options]: readonly unknown[]): CallArguments {
  return { body: params, members: { conversation_id: conversationId }, options };
}

/** `list(conversationID, query, options)` */
function listArguments([conversationId, ...rest]: readonly unknown[]): CallArguments {
  const { query, options } = queryAndOptions(rest[0], rest[1]);
  return { body: query, members: { conversation_id: conversationId }, options };
}

/** `retrieve(itemID, { conversation_id }, options)` and `delete` with the same arguments */
function itemArguments([itemId, params, options]: readonly unknown[]): CallArguments {
  return { body: params, members: { item_id: itemId }, options };
}

function itemsAttributes(action: ItemsAction, request: UnknownRecord): Attributes {
  return {
    [semconv.ATTR_GEN_AI_CONVERSATION_ID]: asNonEmptyString(request.conversation_id),
    [semconv.ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION]: action,
  };
}

function itemsFacts(action: ItemsAction, value: unknown, request: UnknownRecord): readonly Fact[] {
  const conversationId = asNonEmptyString(request.conversation_id);
  if (conversationId === undefined) return [];
  const itemId = asNonEmptyString(request.item_id);
  const items = itemsOf(action, value);
  const itemIds =
    itemId === undefined
      ? items.map(({ id }) => asNonEmptyString(id)).filter((id) => id !== undefined)
      : [itemId];
  const content = items.length > 0 && { content: { items: items.map(toJsonValue) as JsonValue[] } };
  if (action === 'list' || action === 'retrieve') {
    const datasource = `conversation://${conversationId}`;
    return [{ type: 'data.access', datasource, documentIds: itemIds, ...content }];
  }
  const state = { conversation_id: conversationId, action, item_ids: itemIds };
  return [{ type: 'state.update', state, ...content }];
}

/** `create` and `list` return a list, `retrieve` returns one item, and `delete` returns the conversation. */
function itemsOf(action: ItemsAction, value: unknown): readonly UnknownRecord[] {
  if (action === 'delete') return [];
  return (action === 'retrieve' ? [value] : asArray(asRecord(value)?.data)).filter(isRecord);
}
