import type * as OpenAIModule from 'openai';
import type { ClientOptions, OpenAI } from 'openai';
import type { Answer } from './answers.js';

/** One use of the client by an application, and everything that the application can see of it. */
export interface Scenario {
  readonly name: string;
  /** Reads the class or method that the scenario needs. If it returns `undefined`, the scenario is skipped. */
  needs?(openai: typeof OpenAIModule): unknown;
  /**
   * Number of spans of the instrumentation: several numbers if the SDK's versions differ, and none if the versions
   * differ in whether there is a call at all.
   */
  readonly spans?: number | readonly number[];
  /** Whether it sends several requests at once, which arrive in any order. */
  readonly parallel?: boolean;
  /**
   * Whether it makes requests with an object that stands for its client. `traceOpenAI()` traces the methods of the
   * client's resources through it, but not the requests that the object itself makes.
   */
  readonly hasOtherClients?: boolean;
  /** Whether it drops a result unread, so that only the garbage collector can end its span. */
  readonly dropsResult?: boolean;
  /**
   * Runs the scenario. Its result is compared when it has ended, together with the requests that the servers received
   * and the reports of the process. It must not fail, so it catches the failures that it expects.
   */
  run(tools: Tools): Promise<unknown>;
}

export interface Tools {
  readonly openai: typeof OpenAIModule;
  /** A client of the model server that does not retry. */
  readonly client: OpenAI;
  newClient(options?: ClientOptions): OpenAI;
  /** Prepares a client that the scenario made itself, before it is used, and returns the same client. */
  made<Client extends object>(client: Client): Client;
  /** Starts a server for this scenario and returns its `baseURL`. */
  serve(...answers: Answer[]): Promise<string>;
  /** The requests so far, at all servers. */
  requests(): readonly SeenRequest[];
  /** The unhandled rejections so far. */
  unhandled(): readonly unknown[];
}

export interface SeenRequest {
  readonly receivedAt: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The outcome of a promise. */
export async function outcome(promise: PromiseLike<unknown> | unknown): Promise<unknown> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** The outcome of a call: an invalid argument may throw at once or return a promise that rejects. */
export async function attempt(call: () => unknown): Promise<unknown> {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return { thrown: error };
  }
  return outcome(returned);
}

/** Reads to the end or until an error. */
export async function readAll(items: AsyncIterable<unknown>): Promise<unknown> {
  const read: unknown[] = [];
  try {
    for await (const item of items) read.push(item);
  } catch (error) {
    return { read, error };
  }
  return { read };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const PATIENCE_MS = 20_000;

/** Waits until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`Still not so: ${condition}`);
    await sleep(2);
  }
}
