import type * as OpenAIModule from 'openai';
import type { ClientOptions, OpenAI } from 'openai';
import type { Answer } from './answers.js';

/** One thing that an application does with the client, and all that it can see of it. */
export interface Scenario {
  readonly name: string;
  /** What a version must have for it: a class, a method. The scenario is left out where this gives nothing. */
  needs?(openai: typeof OpenAIModule): unknown;
  /**
   * Spans that the instrumentation makes of it; several numbers where the SDK's versions differ, and none where it
   * depends on them whether there is a call at all.
   */
  readonly spans?: number | readonly number[];
  /** It sends several requests at once, which arrive as they like. */
  readonly parallel?: boolean;
  /** It drops a result unread, so that only the garbage collector can end its span. */
  readonly dropsResult?: boolean;
  /**
   * Whatever it gives is looked at when it has ended, with the requests that the servers got and what the process
   * was told. It must not fail: what it expects to fail, it catches.
   */
  run(tools: Tools): Promise<unknown>;
}

export interface Tools {
  readonly openai: typeof OpenAIModule;
  /** A client of the model server that does not retry. */
  readonly client: OpenAI;
  newClient(options?: ClientOptions): OpenAI;
  /** For a client that the scenario has made itself, before it is used; gives the same client. */
  made<Client extends object>(client: Client): Client;
  /** Starts a server for this scenario and gives its `baseURL`. */
  serve(...answers: Answer[]): Promise<string>;
  /** What arrived so far at whichever server. */
  requests(): readonly SeenRequest[];
  /** Rejections that nobody has handled so far. */
  unhandled(): readonly unknown[];
}

export interface SeenRequest {
  readonly receivedAt: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What became of a promise, whichever it was. */
export async function outcome(promise: PromiseLike<unknown> | unknown): Promise<unknown> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** What became of a call: a bad argument may throw at once, or give a promise that rejects. */
export async function attempt(call: () => unknown): Promise<unknown> {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return { thrown: error };
  }
  return outcome(returned);
}

/** Reads to the end, or until it fails. */
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

const PATIENCE_MS = 3_000;

/** Waits for something that happens elsewhere. */
export async function until(condition: () => boolean): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`Still not so: ${condition}`);
    await sleep(2);
  }
}
