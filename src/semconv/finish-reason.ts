import type { GenAiMessage } from './messages.js';

/** The convention's words within messages for those of providers. Others are kept, which the schema allows. */
const MESSAGE_REASONS: ReadonlyMap<string, string> = new Map([
  ['tool_calls', 'tool_call'],
  ['function_call', 'tool_call'],
]);

/** The reason of a message whose provider has none. */
const COMPLETED = 'stop';

/**
 * Returns output messages with why the model stopped, for each choice. An API without finish reasons answers when it is
 * done. A conversation of several messages has one reason.
 *
 * @param reasons - one for each choice; `undefined` if there are none.
 */
export function withFinishReasons(
  messages: readonly GenAiMessage[],
  reasons: readonly string[] | undefined,
): GenAiMessage[] {
  return messages.map((message, index) => {
    const reason = reasons?.[index] ?? reasons?.[0] ?? COMPLETED;
    return { ...message, finish_reason: MESSAGE_REASONS.get(reason) ?? reason };
  });
}
