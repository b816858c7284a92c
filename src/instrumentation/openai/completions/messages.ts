import { asArray, asRecord, asText, type ForeignRecord } from '../../../foreign/read.js';
import type { Message } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { userMessages } from './text-or-tokens.js';

export function completionRequestDetails(request: ForeignRecord): ModelRequestDetails {
  return { messages: userMessages(request.prompt) };
}

export function completionOutputMessages(response: unknown): Message[] {
  return asArray(asRecord(response)?.choices).map((choice) => {
    const content = asText(asRecord(choice)?.text);
    return { role: 'assistant', parts: content === undefined ? [] : [{ type: 'text', content }] };
  });
}
