import { asArray, type ForeignRecord } from '../../../foreign/read.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { chatRequestDetails } from '../chat-completions/messages.js';

/** One text, a list of texts that are judged each for itself, or the parts of one message, as chats have them. */
export function moderationRequestDetails({ input }: ForeignRecord): ModelRequestDetails {
  const items = typeof input === 'string' ? [input] : asArray(input);
  const texts = items.filter((item) => typeof item === 'string');
  const contents: readonly unknown[] = texts.length > 0 || items.length === 0 ? texts : [items];
  return chatRequestDetails({ messages: contents.map((content) => ({ role: 'user', content })) });
}
