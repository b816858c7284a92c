/** What the four methods on a conversation's items say of themselves. */
import type { Attributes } from '@opentelemetry/api';
import { type JsonValue, toJsonValue } from '../../../foreign/json.js';
import {
  asArray,
  asRecord,
  asText,
  type ForeignRecord,
  isRecord,
  ownMembers,
} from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION,
} from '../../../semconv/attributes.js';
import type { Fact } from '../../../signals/publish-fact.js';
import type { CallArguments } from '../client-operation.js';
import { queryAndOptions } from '../responses/query-and-options.js';

export type ItemsAction = 'create' | 'list' | 'retrieve' | 'delete';

/** `create(conversationID, params, options)` */
export function createArguments([conversationId, params, options]: readonly unknown[]): CallArguments {
  return { request: { ...ownMembers(params), conversation_id: conversationId }, options };
}

/** `list(conversationID, query, options)` */
export function listArguments([conversationId, ...rest]: readonly unknown[]): CallArguments {
  const { query, options } = queryAndOptions(rest[0], rest[1]);
  return { request: { ...ownMembers(query), conversation_id: conversationId }, options };
}

/** `retrieve(itemID, { conversation_id }, options)`, and `delete` likewise. */
export function itemArguments([itemId, params, options]: readonly unknown[]): CallArguments {
  return { request: { ...ownMembers(params), item_id: itemId }, options };
}

export function itemsAttributes(action: ItemsAction, request: ForeignRecord): Attributes {
  return {
    [ATTR_GEN_AI_CONVERSATION_ID]: asText(request.conversation_id),
    [ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION]: action,
  };
}

export function itemsFacts(action: ItemsAction, value: unknown, request: ForeignRecord): readonly Fact[] {
  const conversationId = asText(request.conversation_id);
  if (conversationId === undefined) return [];
  const itemId = asText(request.item_id);
  const items = itemsOf(action, value);
  const itemIds =
    itemId === undefined ? items.map(({ id }) => asText(id)).filter((id) => id !== undefined) : [itemId];
  const content = items.length > 0 && { content: { items: items.map(toJsonValue) as JsonValue[] } };
  if (action === 'list' || action === 'retrieve') {
    const datasource = `conversation://${conversationId}`;
    return [{ type: 'data.access', datasource, documentIds: itemIds, ...content }];
  }
  const state = { conversation_id: conversationId, action, item_ids: itemIds };
  return [{ type: 'state.update', state, ...content }];
}

/** Items are listed, created ones too; a single one comes alone, and for a deleted one comes its conversation. */
function itemsOf(action: ItemsAction, value: unknown): readonly ForeignRecord[] {
  if (action === 'delete') return [];
  return (action === 'retrieve' ? [value] : asArray(asRecord(value)?.data)).filter(isRecord);
}
