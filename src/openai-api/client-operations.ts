import { assistants } from './assistants.js';
import { audio } from './audio.js';
import { chatCompletions } from './chat-completions/operation.js';
import type { ClientOperation } from './client-operation.js';
import { completions } from './completions.js';
import { conversationItems } from './conversation-items.js';
import { decisions } from './decisions.js';
import { embeddings } from './embeddings.js';
import { images } from './images.js';
import { moderations } from './moderations.js';
import { responses } from './responses/operation.js';
import { vectorStores } from './vector-store-search.js';
import { videos } from './videos.js';

/**
 * The methods of the client that are recorded. Each is the method that every call of its kind goes through, never a
 * helper above it (`parse`, `stream`, `runTools`), so that one call is recorded once. Polling helpers are the
 * exception, because only they see the end of the work.
 */
export const CLIENT_OPERATIONS: readonly ClientOperation[] = [
  chatCompletions,
  ...responses,
  completions,
  embeddings,
  ...images,
  ...videos,
  ...audio,
  moderations,
  decisions,
  vectorStores,
  ...conversationItems,
  ...assistants,
];
