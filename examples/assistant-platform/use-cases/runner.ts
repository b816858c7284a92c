/** The frame of every use case: a session in the traces and events, the rules against abuse, and the charge of tokens. */
import { withAgentSpan, withTrace } from '@openai/agents';
import { withSession } from 'opentelemetry-instrumentation-openai-agents';
import type { AbuseDetector } from '../limits/abuse-detector.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { TokenUsage } from '../openai-service/model-answer.js';
import type { Principal } from '../principal.js';

export interface UseCaseOptions {
  readonly principal: Principal;
  /** The session to which the request belongs; a new one if absent. */
  readonly sessionId?: string;
  /** What the user wrote, for the abuse detector. */
  readonly text: string;
}

export class UseCaseRunner {
  readonly #abuse: AbuseDetector;
  readonly #limits: RateLimits;

  constructor(abuse: AbuseDetector, limits: RateLimits) {
    this.#abuse = abuse;
    this.#limits = limits;
  }

  /**
   * Runs an action as session → workflow → agent. Model calls and functions within it are spans below the agent.
   *
   * @throws ProblemError if the text has markers of abuse, and whatever the action throws.
   */
  run<T extends { readonly usage: TokenUsage }>(
    name: string,
    options: UseCaseOptions,
    action: () => Promise<T>,
  ): Promise<T> {
    return this.inSession(name, options, async () => {
      const agent = { data: { name: 'purchase_assistant' } };
      const result = await withTrace(name, () => withAgentSpan(action, agent));
      await this.#limits.consumeTokens(options.principal.name, result.usage.total_tokens);
      return result;
    });
  }

  /**
   * Runs an action that calls no model in a session.
   *
   * @throws ProblemError like `run`.
   */
  inSession<T>(
    name: string,
    { principal, sessionId, text }: UseCaseOptions,
    action: () => Promise<T>,
  ): Promise<T> {
    const session = { name, userId: principal.name, ...(sessionId !== undefined && { id: sessionId }) };
    return withSession(session, async () => {
      this.#abuse.inspect(principal.name, text);
      return action();
    });
  }
}
