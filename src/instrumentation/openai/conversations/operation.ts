import { isRecord } from '../../../foreign/read.js';
import { ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION } from '../../../semconv/attributes.js';
import { SPAN_TYPE_CONVERSATION_ITEMS } from '../../../semconv/operations.js';
import type { ClientOperation } from '../client-operation.js';
import { responsesInputMessages } from '../responses/messages.js';
import {
  createArguments,
  type ItemsAction,
  itemArguments,
  itemsAttributes,
  itemsFacts,
  listArguments,
} from './items.js';

/** In openai 5.23.2 and later, not in 5.0.1. */
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
    spanType: SPAN_TYPE_CONVERSATION_ITEMS,
    spanTarget: ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION,
    readArguments,
    requestAttributes: (request) => itemsAttributes(action, request),
    readResponse: (value) => (isRecord(value) ? {} : undefined),
    facts: (value, request) => itemsFacts(action, value, request),
  };
}
