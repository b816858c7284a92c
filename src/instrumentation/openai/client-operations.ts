import { audio } from './audio/operation.js';
import { chatCompletions } from './chat-completions/operation.js';
import type { ClientOperation } from './client-operation.js';
import { completions } from './completions/operation.js';
import { conversationItems } from './conversations/operation.js';
import { decisions } from './decisions/operation.js';
import { embeddings } from './embeddings/operation.js';
import { images } from './images/operation.js';
import { moderations } from './moderations/operation.js';
import { responses } from './responses/operation.js';
import { vectorStores } from './vector-stores/operation.js';

/**
 * The methods of the client that get a span: each the one that every call of its kind goes through, never a helper
 * above it (`parse`, `stream`, `runTools`), so that one call is one span.
 */
export const CLIENT_OPERATIONS: readonly ClientOperation[] = [
  chatCompletions,
  ...responses,
  completions,
  embeddings,
  ...images,
  ...audio,
  moderations,
  decisions,
  vectorStores,
  ...conversationItems,
];
