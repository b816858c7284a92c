/** Tokens of messages, counted with the tokenizer of the current models. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';

/** Tokens around each message, and those with which the answer begins, by OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 3;
export const TOKENS_OF_ANSWER_START = 3;

/** Counts are kept, since each message is counted again with each request of its conversation. */
const counts = new WeakMap<ChatCompletionMessageParam, number>();

/** Tokens of one message in a request. */
export function messageTokens(message: ChatCompletionMessageParam): number {
  const known = counts.get(message);
  if (known !== undefined) return known;
  const texts = [message.role, ...textsOf(message)];
  const count = texts.reduce((sum, text) => sum + textTokens(text), TOKENS_PER_MESSAGE);
  counts.set(message, count);
  return count;
}

/** Tokens of the input of a request with these messages, without its functions. */
export function conversationTokens(messages: readonly ChatCompletionMessageParam[]): number {
  return messages.reduce((sum, message) => sum + messageTokens(message), TOKENS_OF_ANSWER_START);
}

function textTokens(text: string): number {
  // By default the tokenizer throws at a text such as "<|endoftext|>", which a user may type.
  return countTokens(text, { disallowedSpecial: new Set() });
}

/** All texts of a message: content, calls of functions and their names. */
function textsOf(message: ChatCompletionMessageParam): string[] {
  const texts: string[] = [];
  if ('content' in message && typeof message.content === 'string') texts.push(message.content);
  if (message.role === 'assistant') {
    for (const call of message.tool_calls ?? []) {
      if (call.type === 'function') texts.push(call.id, call.function.name, call.function.arguments);
    }
    if (message.function_call) texts.push(message.function_call.name, message.function_call.arguments);
  }
  if (message.role === 'tool') texts.push(message.tool_call_id);
  if (message.role === 'function') texts.push(message.name);
  return texts;
}
