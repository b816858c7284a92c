import { isRecord } from '../../foreign/read.js';
import { type Method, MethodPatches, type Sharing } from '../method-patches.js';
import { warnOfMissingMethods } from '../missing-methods.js';
import type { Telemetry } from '../telemetry.js';
import { hookClient } from './client-hooks.js';

/**
 * Clients that are traced one by one. The hooks stand on their class all the same, since the SDK compares its methods
 * with the class' (7.55) and refuses an instance that differs; they pass the calls of other clients on.
 */
export class TracedClients {
  readonly #telemetry = new WeakMap<object, Telemetry>();
  readonly #patches = new MethodPatches();
  readonly #hookedClasses = new WeakSet<object>();
  readonly #sharing: Sharing;

  /** @param rank - see {@link Sharing}. */
  constructor(rank: number) {
    this.#sharing = { rank, accepts: (client) => isRecord(client) && this.#telemetry.has(client) };
  }

  add(client: object, clientClass: { prototype: object }, telemetry: Telemetry): void {
    this.#telemetry.set(client, telemetry);
    if (this.#hookedClasses.has(clientClass)) return;
    this.#hookedClasses.add(clientClass);
    const { guard } = telemetry;
    warnOfMissingMethods(
      guard,
      'openai',
      guard.run('Hooking openai', () => this.#hook(clientClass, telemetry)),
    );
  }

  /** @returns what was expected and is not there. */
  #hook(clientClass: { prototype: object }, telemetry: Telemetry): string[] {
    // Where it is a class' own: a derived class, such as AzureOpenAI (7.55), may have one that calls it in the end.
    for (const prototype of prototypesWith(clientClass.prototype, 'withOptions')) {
      this.#patches.apply(
        prototype,
        'withOptions',
        (withOptions) => this.#traceCopies(withOptions),
        this.#sharing,
      );
    }
    return hookClient(clientClass, this.#patches, {
      telemetryOf: (traced) => this.#telemetry.get(traced) ?? telemetry,
      sharing: this.#sharing,
    });
  }

  /** A copy of a traced client is traced like it. */
  #traceCopies(withOptions: Method): Method {
    const known = this.#telemetry;
    return function (this: unknown, ...args) {
      const copy = withOptions.apply(this, args);
      const telemetry = known.get(this as object);
      if (telemetry !== undefined && isRecord(copy) && !known.has(copy)) known.set(copy, telemetry);
      return copy;
    };
  }
}

function prototypesWith(prototype: object, method: string): object[] {
  const found: object[] = [];
  for (
    let candidate: object | null = prototype;
    candidate !== null;
    candidate = Object.getPrototypeOf(candidate)
  ) {
    if (Object.hasOwn(candidate, method)) found.push(candidate);
  }
  return found;
}
