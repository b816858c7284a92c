import { isRecord } from '../../foreign/read.js';
import { type Method, MethodPatches, type Sharing } from '../method-patches.js';
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
    hookClient(clientClass, this.#patches, {
      telemetryOf: (traced) => this.#telemetry.get(traced) ?? telemetry,
      sharing: this.#sharing,
    });
    this.#patches.apply(
      clientClass.prototype,
      'withOptions',
      (withOptions) => this.#traceCopies(withOptions),
      this.#sharing,
    );
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
