import { asRecord } from '../../../foreign/read.js';
import type { Message } from '../../../semconv/messages.js';
import { responsesInputMessages } from './messages.js';

/**
 * A compaction gives back the conversation's messages, not answers: each is told as in an input, so that what the
 * user said is not put in the assistant's mouth.
 */
export function compactedMessages(value: unknown): Message[] {
  return responsesInputMessages(asRecord(value)?.output);
}
