import type { ForeignRecord } from '../../../foreign/read.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { responsesInputMessages } from '../responses/messages.js';
import { typedParts } from './typed-parts.js';

/** The questions follow what they are about, or nobody could tell what the answers mean. */
export function decisionRequestDetails({ input, questions }: ForeignRecord): ModelRequestDetails {
  const parts = typedParts(questions);
  const messages = responsesInputMessages(input);
  return { messages: parts.length > 0 ? [...messages, { role: 'user', parts }] : messages };
}
