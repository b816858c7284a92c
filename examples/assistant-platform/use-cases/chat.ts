/** A conversation about purchases, in which the model can call the platform's functions. */
import type { Logger } from '../../service/logger.js';
import { ProblemError } from '../../service/problem.js';
import type { ConversationContext } from '../conversation/context.js';
import type { Conversation, Conversations } from '../conversation/conversations.js';
import { ContextOverflow } from '../conversation/turns.js';
import type { FunctionChoice, FunctionForm } from '../functions/request-form.js';
import type { PlatformVariables } from '../openai-service/configuration.js';
import { addUsage, NO_TOKENS, type TokenUsage } from '../openai-service/model-answer.js';
import type {
  Completion,
  CompletionOptions,
  OpenAIService,
  StreamOptions,
} from '../openai-service/openai-service.js';
import type { UseCaseRunner } from './runner.js';

export const CHAT_INSTRUCTIONS =
  'You are a purchase assistant. Help with products, spending and purchases. Call functions for facts, and never guess amounts.';

const SUMMARY_INSTRUCTIONS =
  'You summarize conversations. Write at most five sentences, and keep ids, amounts and decisions.';

/** Turns that a compression leaves as they are: the current one and the one before. */
const KEPT_TURNS = 2;

export interface ChatRequest {
  readonly message: string;
  /** A new conversation if absent. */
  readonly conversationId?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly seed?: number | undefined;
  readonly functionChoice: FunctionChoice;
  readonly functionForm: FunctionForm;
}

export interface ChatReply {
  readonly conversationId: string;
  readonly completion: Completion;
  /** Tokens of the answer and, if old turns were compressed, of the summary. */
  readonly usage: TokenUsage;
}

export interface ChatParts {
  readonly service: OpenAIService;
  readonly conversations: Conversations;
  readonly runner: UseCaseRunner;
  readonly environment: Pick<PlatformVariables, 'CONTEXT_TOKENS' | 'COMPRESS_TOKENS'>;
  readonly logger: Logger;
}

export class Chat {
  readonly #parts: ChatParts;

  constructor(parts: ChatParts) {
    this.#parts = parts;
  }

  /**
   * Answers a message. With `onEvent` the answer is streamed. A message that the model could not answer leaves no trace in
   * the conversation.
   *
   * @throws ProblemError
   */
  async send(
    request: ChatRequest,
    options: CompletionOptions & Partial<Pick<StreamOptions, 'onEvent'>>,
  ): Promise<ChatReply> {
    const { conversations, runner } = this.#parts;
    const { principal } = options;
    const { conversationId, message } = request;
    const conversation =
      conversationId === undefined
        ? conversations.create(principal)
        : conversations.find(conversationId, principal);
    if (conversation === undefined) throw conversationNotFound(conversationId);
    const release = conversations.reserve(conversation);
    if (release === undefined) throw conversationBusy(conversation);
    try {
      return await runner.run('chat', { principal, sessionId: conversation.id, text: message }, () =>
        this.#answer(conversation, request, options),
      );
    } catch (error) {
      if (conversationId === undefined) conversations.delete(conversation.id, principal);
      throw error;
    } finally {
      release();
    }
  }

  async #answer(
    { id, context }: Conversation,
    request: ChatRequest,
    { onEvent, ...options }: CompletionOptions & Partial<Pick<StreamOptions, 'onEvent'>>,
  ): Promise<ChatReply> {
    const { service, environment, logger } = this.#parts;
    context.add({ role: 'user', content: request.message });
    try {
      const summaryUsage = await this.#fit(context, options);
      const asked = { ...request, messages: context.toRequest() };
      const completion = onEvent
        ? await service.stream(asked, { ...options, onEvent })
        : await service.complete(asked, options);
      context.add(...completion.messages);
      const usage = addUsage(completion.usage, summaryUsage);
      logger.info(
        { conversation_id: id, model: completion.model, cached: completion.cached, ...usage },
        'answered',
      );
      return { conversationId: id, completion, usage };
    } catch (error) {
      context.dropCurrentTurn();
      throw error instanceof ContextOverflow ? messageTooLong(error, environment.CONTEXT_TOKENS) : error;
    }
  }

  /** Compresses and trims a conversation that has grown too long. */
  async #fit(context: ConversationContext, options: CompletionOptions): Promise<TokenUsage> {
    const { service, environment, logger } = this.#parts;
    let usage = NO_TOKENS;
    if (context.tokenCount() > environment.COMPRESS_TOKENS) {
      const summarize: Parameters<ConversationContext['compress']>[0] = async (messages) => {
        const transcript = messages.map((message) => JSON.stringify(message)).join('\n');
        const summary = await service.complete(
          {
            messages: [
              { role: 'system', content: SUMMARY_INSTRUCTIONS },
              { role: 'user', content: transcript },
            ],
          },
          options,
        );
        usage = summary.usage;
        return summary.text;
      };
      try {
        await context.compress(summarize, KEPT_TURNS);
      } catch (error) {
        // Trimming makes room as well, at the cost of what was said first.
        logger.warn({ err: error }, 'old turns were not compressed');
      }
    }
    context.trim(environment.CONTEXT_TOKENS);
    return usage;
  }
}

export function conversationNotFound(id: string | undefined): ProblemError {
  return new ProblemError({
    status: 404,
    code: 'conversation_not_found',
    title: 'Conversation not found',
    detail: `There is no conversation ${id} of this key. Conversations end after an hour without a message.`,
  });
}

function conversationBusy({ id }: Conversation): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'conversation_busy',
    title: 'Conversation busy',
    detail: `The conversation ${id} is waiting for another answer. Try again when it has come.`,
  });
}

function messageTooLong({ tokens }: ContextOverflow, limit: number): ProblemError {
  return new ProblemError({
    status: 413,
    code: 'context_too_long',
    title: 'Message too long',
    detail: `The message has ${tokens} tokens with its instructions; ${limit} are allowed.`,
  });
}
