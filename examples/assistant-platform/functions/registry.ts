/** The functions that the model can call. */
import type { z } from 'zod';
import { type FunctionOutcome, type PlatformObserver, SILENT_OBSERVER } from '../monitoring/observer.js';
import type { Principal, Role } from '../principal.js';
import { readArguments } from './arguments.js';
import { type FunctionParameters, type JsonSchema, readParameters } from './parameters.js';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** Longest result that the model gets, in characters. */
const MAX_RESULT_LENGTH = 16_384;

/** A function, as the application registers it. */
export interface FunctionDefinition<T = unknown> {
  /** At most 64 letters, digits, underscores and hyphens. */
  readonly name: string;
  /** When to call it, for the model. */
  readonly description: string;
  /** A Zod schema or a JSON Schema of an object. */
  readonly parameters: z.ZodType<T> | JsonSchema;
  /** Returns a value that can be written as JSON. Its signal aborts at the timeout and when the caller disconnects. */
  readonly handler: (args: T, context: FunctionContext) => unknown;
  /** Milliseconds after which a call fails. */
  readonly timeoutMs: number;
  /** Roles that may call it, or `any`. */
  readonly access: readonly Role[] | 'any';
}

/** What a handler knows about its call. */
export interface FunctionContext {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** A call, as the model requested it. */
export interface FunctionCall {
  readonly name: string;
  /** JSON, possibly malformed. */
  readonly arguments: string;
  /** Whether the model stopped at its token limit while it wrote the call. */
  readonly truncated?: boolean;
}

/** The end of a call. A failure has a `content` that says what went wrong, for the model to react to. */
export interface FunctionResult {
  readonly ok: boolean;
  readonly outcome: FunctionOutcome;
  /** JSON for the model. */
  readonly content: string;
}

interface RegisteredFunction {
  readonly definition: Pick<FunctionDefinition, 'name' | 'description' | 'timeoutMs' | 'access'>;
  /** Called with arguments that its own schema has validated, so `never` stands for their type. */
  readonly handler: (args: never, context: FunctionContext) => unknown;
  readonly parameters: FunctionParameters;
}

/** Registers functions, describes them to the model and runs its calls. */
export class FunctionRegistry {
  readonly #functions = new Map<string, RegisteredFunction>();
  readonly #observer: PlatformObserver;

  constructor(observer: PlatformObserver = SILENT_OBSERVER) {
    this.#observer = observer;
  }

  /**
   * Adds a function.
   *
   * @throws if the name is taken or invalid, the timeout is not positive, or the parameters cannot be validated.
   */
  register<T>(definition: FunctionDefinition<T>): this {
    const { name, timeoutMs } = definition;
    if (!NAME.test(name)) {
      throw new Error(`invalid function name "${name}"; use up to 64 letters, digits, "_" and "-"`);
    }
    if (this.#functions.has(name))
      throw new Error(`function "${name}" is already registered; use another name`);
    if (!(timeoutMs > 0)) throw new Error(`function "${name}": timeoutMs must be positive, got ${timeoutMs}`);
    const { parameters, handler } = definition;
    this.#functions.set(name, { definition, handler, parameters: readParameters(name, parameters) });
    return this;
  }

  has(name: string): boolean {
    return this.#functions.has(name);
  }

  /** The functions that a principal may call, in the order of their registration. */
  list(principal: Principal): FunctionDescription[] {
    return [...this.#functions.values()]
      .filter(({ definition }) => mayCall(definition.access, principal))
      .map(({ definition: { name, description, access, timeoutMs }, parameters }) => ({
        name,
        description,
        parameters: parameters.jsonSchema,
        access,
        timeoutMs,
      }));
  }

  /** Runs a call of the model. Never throws: each failure is a result for the model. */
  async execute(
    call: FunctionCall,
    context: { principal: Principal; signal?: AbortSignal },
  ): Promise<FunctionResult> {
    const started = performance.now();
    const result = await this.#run(call, context);
    const name = this.#functions.has(call.name) ? call.name : 'unknown';
    this.#observer.functionCalled(name, result.outcome, (performance.now() - started) / 1000);
    return result;
  }

  async #run(
    call: FunctionCall,
    { principal, signal }: { principal: Principal; signal?: AbortSignal },
  ): Promise<FunctionResult> {
    const registered = this.#functions.get(call.name);
    if (registered === undefined) {
      const names = this.list(principal).map(({ name }) => name);
      return failure(
        'invalid',
        'unknown_function',
        `There is no such function. Use one of: ${names.join(', ')}.`,
      );
    }
    const { definition, handler, parameters } = registered;
    if (!mayCall(definition.access, principal)) {
      return failure('denied', 'access_denied', `The role ${principal.role} may not call this function.`);
    }
    const args = readArguments(call.arguments, parameters.schema, call.truncated);
    if (!args.ok) return failure('invalid', args.code, args.message);

    const timeout = AbortSignal.timeout(definition.timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      const value = await settledBefore(either, () =>
        handler(args.value as never, { principal, signal: either }),
      );
      return { ok: true, outcome: 'success', content: resultText(value) };
    } catch (error) {
      if (timeout.aborted) {
        return failure(
          'timeout',
          'timeout',
          `The function did not answer within ${definition.timeoutMs} ms.`,
        );
      }
      if (signal?.aborted) return failure('failure', 'cancelled', 'The caller has left.');
      if (error instanceof FunctionError) return failure('failure', error.code, error.message);
      // An unexpected error may hold internals, which the model must not repeat to the user.
      return failure('failure', 'failed', 'The function failed for an internal reason.');
    }
  }
}

/** A registered function, as `GET /functions` shows it. */
export interface FunctionDescription {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly access: readonly Role[] | 'any';
  readonly timeoutMs: number;
}

/** A failure that a handler explains to the model. Any other error is reported without its message. */
export class FunctionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FunctionError';
    this.code = code;
  }
}

function mayCall(access: readonly Role[] | 'any', { role }: Principal): boolean {
  return access === 'any' || access.includes(role);
}

/** Waits for the action, but not longer than until the signal aborts. */
async function settledBefore(signal: AbortSignal, action: () => unknown): Promise<unknown> {
  signal.throwIfAborted();
  let stopWaiting = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    stopWaiting = () => signal.removeEventListener('abort', abort);
  });
  try {
    return await Promise.race([Promise.resolve().then(action), aborted]);
  } finally {
    stopWaiting();
  }
}

function resultText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (text.length <= MAX_RESULT_LENGTH) return text;
  return JSON.stringify({
    truncated: true,
    note: `The result has ${text.length} characters; this is its beginning. Ask for less.`,
    beginning: text.slice(0, MAX_RESULT_LENGTH),
  });
}

function failure(outcome: FunctionOutcome, code: string, message: string): FunctionResult {
  return { ok: false, outcome, content: JSON.stringify({ error: { code, message } }) };
}
