/**
 * Says so if `openai` or the Agents SDK is in use and was not hooked: the modules are in a bundle, were loaded before the
 * hooks, or were imported without a loader hook. Without a word, a user would only see that there are no traces.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as clock from '../clock.js';
import type { Guard } from '../diagnostics/guard.js';
import { atProcessExit } from '../diagnostics/process-exit.js';
import { singleClientsTraced } from '../signals/running-instrumentations.js';
import { AGENTS_MARK, OPENAI_MARK, type PackageMark } from './package-marks.js';

/** Node's own `fetch` publishes each request here, before it is sent. Its headers are a flat list of names and values. */
const REQUESTS = 'undici:request:create';

/** A request of `openai`, or of the Agents SDK's client of it, by its `user-agent` (openai 5.0 to 7.55). */
const USER_AGENT = /^(?:Azure)?OpenAI\/JS |^Agents\/JavaScript /;

/** The Agents SDK keeps its trace provider here, also in a bundle (agents-core 0.3.8 to 0.20). */
const AGENTS_SDK = Symbol.for('openai.agents.core.traceProvider');

/** The time after which an application has usually loaded its modules. */
const SETTLED_MILLIS = 5_000;

export class UnseenModules {
  readonly #isHooked: (name: string) => boolean;
  readonly #guard: Guard;
  readonly #timer: NodeJS.Timeout;
  readonly #forgetExit: () => void;

  /** @param isHooked - whether a module of this package has been hooked. */
  constructor(isHooked: (name: string) => boolean, guard: Guard) {
    this.#isHooked = isHooked;
    this.#guard = guard;
    subscribe(REQUESTS, this.#requested);
    this.#timer = clock.setTimeout(() => this.#checkAgents(), SETTLED_MILLIS);
    this.#timer.unref();
    this.#forgetExit = atProcessExit(() => this.#checkAgents());
  }

  /** Looks for the last time: the instrumentation is disabled when the SDK is shut down, before the process exits. */
  end(): void {
    this.#checkAgents();
    this.cancel();
  }

  /** Looks no more. */
  cancel(): void {
    unsubscribe(REQUESTS, this.#requested);
    clock.clearTimeout(this.#timer);
    this.#forgetExit();
  }

  readonly #requested = (message: unknown) => {
    this.#guard.run('Looking for unseen calls', () => {
      if (this.#isHooked(OPENAI_MARK.name) || singleClientsTraced()) unsubscribe(REQUESTS, this.#requested);
      else if (isOpenAIRequest(message)) {
        unsubscribe(REQUESTS, this.#requested);
        this.#warn(OPENAI_MARK);
      }
    });
  };

  #checkAgents(): void {
    this.#guard.run('Looking for an unseen Agents SDK', () => {
      if (Reflect.has(globalThis, AGENTS_SDK) && !this.#isHooked(AGENTS_MARK.name)) this.#warn(AGENTS_MARK);
    });
  }

  #warn(module: PackageMark): void {
    const cause = loadedByRequire(module.file)
      ? 'it was loaded before the instrumentation; load the instrumentation first, with node --import or --require'
      : isBundled(module.text)
        ? 'it is part of a bundle; leave it out of the bundle ("external"), or pass it to manuallyInstrument()'
        : 'it was imported without the loader hook of this package, or before it';
    this.#guard.warnOnce(
      `${module.name} is in use and is not recorded: ${cause}. ` +
        'See docs/troubleshooting.md of this package, or run "npx agent-events doctor".',
    );
  }
}

function isOpenAIRequest(message: unknown): boolean {
  const { request } = message as { request?: { headers?: unknown } };
  const headers = request?.headers;
  // Older versions of undici, which Node 20 does not have, gave the headers as one text.
  return Array.isArray(headers) && headers.some((text) => typeof text === 'string' && USER_AGENT.test(text));
}

function loadedByRequire(file: RegExp): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((loaded) => file.test(loaded));
}

/** The largest bundle that is searched, in bytes: reading blocks the application once. */
const LARGEST_BUNDLE = 32_000_000;

function isBundled(text: string): boolean {
  const [, main] = process.argv;
  if (main === undefined) return false;
  try {
    return statSync(main).size <= LARGEST_BUNDLE && readFileSync(main, 'utf8').includes(text);
  } catch {
    return false;
  }
}
