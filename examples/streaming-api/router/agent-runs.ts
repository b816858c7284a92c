/** Runs of one agent in its sessions: one at a time in a session, paused for approvals, and resumed later. */
import { randomUUID } from 'node:crypto';
import { type AgentInputItem, type ModelProvider, Runner, RunState, type Session } from '@openai/agents';
import type { Logger } from '../../service/logger.js';
import { type Problem, ProblemError, problemOf } from '../../service/problem.js';
import type { PausedRun, SessionLock, SessionStore } from '../sessions/session-store.js';
import type { LiveStream } from '../streams/live-stream.js';
import { pacedModels } from '../streams/paced-models.js';
import { pendingApproval, RunEvents } from './run-events.js';
import { runProblem } from './run-problem.js';
import { type AnyAgent, type AnyResult, type Pricing, runAnswer } from './run-result.js';
import type { Decision, RunAnswer, RunRequest } from './schemas.js';

export interface AgentRunsOptions {
  readonly agent: AnyAgent;
  /** Name under which the agent's sessions are stored. */
  readonly name: string;
  readonly sessions: SessionStore;
  readonly modelProvider: ModelProvider;
  readonly pricing: Pricing;
  readonly logger: Logger;
  /** The time after which a run is stopped. */
  readonly runMillis: number;
}

type AnyState = RunState<undefined, AnyAgent>;
type RunInput = string | AgentInputItem[] | AnyState;

export class AgentRuns {
  readonly #options: AgentRunsOptions;

  constructor(options: AgentRunsOptions) {
    this.#options = options;
  }

  /**
   * Prepares a run with a new input, and takes the session's lock.
   *
   * @throws ProblemError - `session_busy`, or `approval_pending`.
   */
  begin({ input, session_id, max_turns }: RunRequest): AgentRun {
    const sessionId = session_id ?? randomUUID();
    return this.#locked(sessionId, () => {
      if (this.#paused(sessionId) !== undefined) {
        throw conflict(
          'approval_pending',
          'A run of this session waits for approvals; decide about these first.',
        );
      }
      return { input: async () => input, maxTurns: max_turns };
    });
  }

  /**
   * Prepares to resume the run that waits for approvals. What is not decided about keeps it waiting.
   *
   * @throws ProblemError - `session_busy`, `session_not_found`, `no_approval_pending` or `approval_not_found`.
   */
  resume(sessionId: string, decisions: readonly Decision[]): AgentRun {
    const { agent, name, sessions } = this.#options;
    if (sessions.read(name, sessionId) === undefined) throw sessionNotFound(sessionId);
    return this.#locked(sessionId, () => {
      const paused = this.#paused(sessionId);
      if (paused === undefined)
        throw conflict('no_approval_pending', 'No run of this session waits for approvals.');
      const unknown = decisions.find(({ id }) => !paused.approvals.some((approval) => approval.id === id));
      if (unknown !== undefined) throw approvalNotFound(unknown.id);
      return { input: () => resumedState(agent, paused, decisions), maxTurns: undefined };
    });
  }

  /**
   * Forgets a session, and a run that waits in it.
   *
   * @throws ProblemError - `session_busy` or `session_not_found`.
   */
  deleteSession(sessionId: string): void {
    const { name, sessions } = this.#options;
    const lock = this.#lock(sessionId);
    const found = sessions.delete(name, sessionId);
    lock.release();
    if (!found) throw sessionNotFound(sessionId);
  }

  #paused(sessionId: string): PausedRun | undefined {
    return this.#options.sessions.pausedRun(this.#options.name, sessionId);
  }

  #locked(sessionId: string, prepare: () => Pick<RunPlan, 'input' | 'maxTurns'>): AgentRun {
    const lock = this.#lock(sessionId);
    try {
      return new AgentRun(this.#options, { sessionId, lock, ...prepare() });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  #lock(sessionId: string): SessionLock {
    const lock = this.#options.sessions.lock(this.#options.name, sessionId);
    if (lock === undefined) throw conflict('session_busy', 'Another run of this session is not over yet.');
    return lock;
  }
}

interface RunPlan {
  readonly sessionId: string;
  readonly lock: SessionLock;
  readonly input: () => Promise<RunInput>;
  readonly maxTurns: number | undefined;
}

/** A run that holds its session's lock until it is used, once, with `complete`, `stream` or `cancel`. */
export class AgentRun {
  readonly #options: AgentRunsOptions;
  readonly #plan: RunPlan;

  constructor(options: AgentRunsOptions, plan: RunPlan) {
    this.#options = options;
    this.#plan = plan;
  }

  get sessionId(): string {
    return this.#plan.sessionId;
  }

  /**
   * @param client - aborted when the client is gone.
   * @throws ProblemError - for what a run is known to end with.
   */
  async complete(client: AbortSignal): Promise<RunAnswer> {
    const { agent, modelProvider, pricing } = this.#options;
    const signal = this.#withTimeLimit(client);
    try {
      const result = await this.#settle((input, session) =>
        new Runner({ modelProvider }).run(agent, input, { session, signal, ...this.#maxTurns() }),
      );
      return runAnswer(result, this.sessionId, pricing);
    } catch (error) {
      const problem = runProblem(error, signal);
      throw problem === undefined ? error : new ProblemError(problem, { cause: error });
    }
  }

  /** Writes the run to a stream. Failures are its last event. */
  async stream(stream: LiveStream, requestId: string): Promise<void> {
    const { agent, modelProvider, pricing, logger } = this.#options;
    const signal = this.#withTimeLimit(stream.signal);
    const events = new RunEvents();
    const runner = new Runner({ modelProvider: pacedModels(modelProvider, () => stream.ready()) });
    try {
      const result = await this.#settle(async (input, session) => {
        const streamed = await runner.run(agent, input, {
          session,
          signal,
          stream: true,
          ...this.#maxTurns(),
        });
        for await (const event of streamed) {
          const translated = events.translate(event);
          if (translated !== undefined) stream.append(translated);
          await stream.ready();
        }
        await streamed.completed;
        signal.throwIfAborted();
        return streamed;
      });
      const { success: _, error: __, agent: ___, ...answer } = runAnswer(result, this.sessionId, pricing);
      await stream.end({ type: 'stream_complete', ...answer });
    } catch (error) {
      const { code, detail: message }: Problem = runProblem(error, signal) ?? problemOf(error, logger);
      logger.warn({ request_id: requestId, session_id: this.sessionId, code }, 'stream failed');
      await stream.end({ type: 'error', code, message, request_id: requestId });
    }
  }

  /** Gives the lock back without a run. */
  cancel(): void {
    this.#plan.lock.release();
  }

  /** Runs, keeps the state if it waits for approvals, and releases the lock. */
  async #settle<Result extends AnyResult>(
    run: (input: RunInput, session: Session) => Promise<Result>,
  ): Promise<Result> {
    const { name, sessions } = this.#options;
    const { sessionId, lock } = this.#plan;
    let input: RunInput = '';
    try {
      // Also makes the session, so that a run that fails has one.
      const session = sessions.session(name, sessionId);
      input = await this.#plan.input();
      const result = await run(input, session);
      sessions.setPausedRun(name, sessionId, pausedRun(result.state));
      return result;
    } catch (error) {
      // A resumed run that fails after its tools must not call them again.
      if (input instanceof RunState) sessions.setPausedRun(name, sessionId, pausedRun(input));
      throw error;
    } finally {
      lock.release();
    }
  }

  #withTimeLimit(client: AbortSignal): AbortSignal {
    return AbortSignal.any([client, AbortSignal.timeout(this.#options.runMillis)]);
  }

  #maxTurns(): { maxTurns?: number } {
    const { maxTurns } = this.#plan;
    return maxTurns === undefined ? {} : { maxTurns };
  }
}

async function resumedState(
  agent: AnyAgent,
  { state: text }: PausedRun,
  decisions: readonly Decision[],
): Promise<AnyState> {
  const state = await RunState.fromString<undefined, AnyAgent>(agent, text);
  for (const item of state.getInterruptions()) {
    const decision = decisions.find(({ id }) => id === pendingApproval(item).id);
    if (decision?.approve === true) state.approve(item);
    if (decision?.approve === false) {
      state.reject(item, decision.message === undefined ? {} : { message: decision.message });
    }
  }
  return state;
}

function pausedRun(state: AnyState): PausedRun | undefined {
  const waiting = state.getInterruptions();
  return waiting.length === 0
    ? undefined
    : { state: state.toString(), approvals: waiting.map(pendingApproval) };
}

function conflict(code: string, detail: string): ProblemError {
  return new ProblemError({ status: 409, code, title: 'Conflict', detail });
}

export function sessionNotFound(id: string): ProblemError {
  const detail = `There is no session "${id}" of this agent.`;
  return new ProblemError({ status: 404, code: 'session_not_found', title: 'Session not found', detail });
}

function approvalNotFound(id: string): ProblemError {
  const detail = `No pending approval has the id "${id}".`;
  return new ProblemError({ status: 404, code: 'approval_not_found', title: 'Approval not found', detail });
}
