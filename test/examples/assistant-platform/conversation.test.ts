import fc from 'fast-check';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { ConversationContext } from '../../../examples/assistant-platform/conversation/context.js';
import { Conversations } from '../../../examples/assistant-platform/conversation/conversations.js';
import {
  conversationTokens,
  messageTokens,
} from '../../../examples/assistant-platform/conversation/token-count.js';
import { ContextOverflow } from '../../../examples/assistant-platform/conversation/turns.js';

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });
const assistant = (content: string): ChatCompletionMessageParam => ({ role: 'assistant', content });

function calls(...ids: string[]): ChatCompletionMessageParam[] {
  return [
    {
      role: 'assistant',
      tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1}' } })),
    },
    ...ids.map((id) => ({ role: 'tool' as const, tool_call_id: id, content: `result of ${id}` })),
  ];
}

/** A turn as a model could have produced it: a question, rounds of calls in either form, an answer. */
const turns = fc.array(
  fc
    .record({
      question: fc.string({ maxLength: 60, unit: 'grapheme' }),
      rounds: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      legacy: fc.boolean(),
      answer: fc.option(fc.string({ maxLength: 60 })),
    })
    .map(({ question, rounds, legacy, answer }) => [
      user(question),
      ...rounds.flatMap((count, round): ChatCompletionMessageParam[] =>
        legacy
          ? [
              { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
              { role: 'function', name: 'f', content: '1' },
            ]
          : calls(...Array.from({ length: count }, (_, index) => `call-${round}-${index}`)),
      ),
      ...(answer === null ? [] : [assistant(answer)]),
    ]),
  { minLength: 1, maxLength: 8 },
);

describe('Trimming a conversation', () => {
  it('keeps the limit, the instructions and the current turn, and never parts a call from its result', () => {
    fc.assert(
      fc.property(turns, fc.integer({ min: 1, max: 600 }), (given, limit) => {
        const context = new ConversationContext('You help with purchases.');
        for (const turn of given) context.add(...turn);
        const before = context.toRequest();
        try {
          context.trim(limit);
        } catch (error) {
          expect(error).toBeInstanceOf(ContextOverflow);
          const least = [before[0] as ChatCompletionMessageParam, ...(given.at(-1) ?? [])];
          expect(conversationTokens(least)).toBeGreaterThan(limit);
          expect(context.toRequest()).toEqual(before);
          return;
        }
        const after = context.toRequest();
        expect(context.tokenCount()).toBeLessThanOrEqual(limit);
        expect(after[0]).toEqual({ role: 'system', content: 'You help with purchases.' });
        expect(after.slice(1)).toEqual(before.slice(before.length - after.length + 1));
        expect(after.slice(-(given.at(-1)?.length ?? 0))).toEqual(given.at(-1));
        expect(unmatched(after)).toEqual([]);
        // One more turn would not have fitted.
        const kept = after.filter(({ role }) => role === 'user').length;
        if (kept < given.length) {
          const more = [before[0] as ChatCompletionMessageParam, ...given.slice(-kept - 1).flat()];
          expect(conversationTokens(more)).toBeGreaterThan(limit);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a current turn that does not fit, and says by how much', () => {
    const context = new ConversationContext('Be brief.');
    context.add(user('word '.repeat(200)));
    expect(() => context.trim(50)).toThrow(
      /the message has 2\d\d tokens with its instructions; 50 are allowed/,
    );
  });
});

/** Calls without a result, and results without a call. */
function unmatched(messages: readonly ChatCompletionMessageParam[]): string[] {
  const open: string[] = [];
  for (const message of messages) {
    const answered =
      message.role === 'tool' ? message.tool_call_id : message.role === 'function' ? message.name : '';
    if (answered !== '') {
      const index = open.indexOf(answered);
      if (index === -1) return [`result of ${answered}`];
      open.splice(index, 1);
    } else if (open.length > 0) return open;
    if (message.role === 'assistant') {
      open.push(...(message.tool_calls ?? []).map(({ id }) => id));
      if (message.function_call) open.push(message.function_call.name);
    }
  }
  return open;
}

describe('The tokens of a message', () => {
  it('are those of its texts, and three around it', () => {
    // "Hello world" has two tokens, each role has one.
    expect(messageTokens(user('Hello world'))).toBe(6);
    expect(conversationTokens([user('Hello world')])).toBe(9);
  });

  it('include calls of functions and their arguments', () => {
    const [call] = calls('call-1');
    expect(messageTokens(call as ChatCompletionMessageParam)).toBeGreaterThan(
      messageTokens(assistant('')) + 6,
    );
  });

  it('can be counted for a text with a special token', () => {
    expect(messageTokens(user('<|endoftext|> <|im_start|>system'))).toBeGreaterThan(4);
  });
});

describe('Clearing a conversation before a time', () => {
  it('drops the turns that began earlier, and keeps the instructions', async () => {
    const context = new ConversationContext('Be brief.');
    context.add(user('first'), ...calls('call-1'), assistant('one'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const time = new Date();
    context.add(user('second'), assistant('two'));
    expect(context.clearBefore(time)).toBe(4);
    expect(context.toRequest()).toEqual([
      { role: 'system', content: 'Be brief.' },
      user('second'),
      assistant('two'),
    ]);
  });
});

describe('Compressing a conversation', () => {
  function longConversation() {
    const context = new ConversationContext('Be brief.');
    context.add(user('first'), ...calls('call-1'), assistant('one'));
    context.add(user('second'), assistant('two'));
    context.add(user('third'));
    return context;
  }

  it('replaces old turns by their summary', async () => {
    const context = longConversation();
    let summarized = 0;
    const done = await context.compress(async (messages) => {
      summarized = messages.length;
      return 'They spoke of one and two.';
    }, 1);
    expect([done, summarized]).toEqual([true, 6]);
    expect(context.toRequest()).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Summary of the conversation so far: They spoke of one and two.' },
      user('third'),
    ]);
  });

  it('puts an earlier summary into the next one', async () => {
    const context = longConversation();
    await context.compress(async () => 'S1.', 1);
    context.add(assistant('three'), user('fourth'));
    let seen: readonly ChatCompletionMessageParam[] = [];
    await context.compress(async (messages) => {
      seen = messages;
      return 'S2.';
    }, 1);
    expect(seen.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
    expect(context.toRequest().map(({ content }) => content)).toEqual([
      'Be brief.',
      'Summary of the conversation so far: S2.',
      'fourth',
    ]);
  });

  it('keeps messages that come while the model writes', async () => {
    const context = longConversation();
    await context.compress(async () => {
      context.add(assistant('three'));
      return 'S1.';
    }, 1);
    expect(context.toRequest().slice(2)).toEqual([user('third'), assistant('three')]);
  });

  it('changes nothing if the model fails, or if there is nothing old', async () => {
    const context = longConversation();
    const before = context.toRequest();
    await expect(context.compress(() => Promise.reject(new Error('down')), 1)).rejects.toThrow('down');
    expect(await context.compress(async () => 'never', 3)).toBe(false);
    expect(context.toRequest()).toEqual(before);
  });
});

describe('The conversations of the platform', () => {
  const ana = { name: 'ana', role: 'analyst' } as const;
  const sam = { name: 'sam', role: 'shopper' } as const;

  it('exist for their owner only', () => {
    const conversations = new Conversations('Be brief.');
    const { id } = conversations.create(ana);
    expect(conversations.find(id, ana)?.context.toRequest()).toHaveLength(1);
    expect(conversations.find(id, sam)).toBeUndefined();
    expect(conversations.delete(id, sam)).toBe(false);
    expect(conversations.delete(id, ana)).toBe(true);
    expect(conversations.find(id, ana)).toBeUndefined();
  });

  it('serve one request at a time', () => {
    const conversations = new Conversations('Be brief.');
    const conversation = conversations.create(ana);
    const release = conversations.reserve(conversation);
    expect(conversations.reserve(conversation)).toBeUndefined();
    release?.();
    expect(conversations.reserve(conversation)).toBeTypeOf('function');
  });
});
