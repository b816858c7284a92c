import type { ChainHead, SealedEvent, UnsealedEvent } from '../../chaukas/sealed-event.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { Checkpoints } from './checkpoints.js';
import { HashChains } from './hash-chains.js';

/** Events that are sealed in one turn of the event loop: a few milliseconds of it. */
const EVENTS_PER_TURN = 256;

interface EventSealerOptions {
  /** Events that may wait. More are sealed at once: none is lost here. */
  readonly maxPending: number;
  /** What earlier processes ended with. Asked once, before the first event. */
  readonly chainHeads: () => Iterable<ReadonlyMap<string, ChainHead>>;
  /** Takes out of an event what must not leave. */
  readonly redact: (event: UnsealedEvent) => UnsealedEvent;
  readonly checkpoints: Checkpoints | undefined;
  readonly deliver: (event: SealedEvent) => void;
  readonly guard: Guard;
}

/**
 * Gives events what makes them evidence, in the order in which they were made: redacted, and each with the hash of
 * itself and of the one before. It does so in a later turn of the event loop, so that nobody waits for it.
 */
export class EventSealer {
  readonly #options: EventSealerOptions;
  readonly #chains = new HashChains();
  #pending: UnsealedEvent[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #continued = false;

  constructor(options: EventSealerOptions) {
    this.#options = options;
  }

  add(event: UnsealedEvent): void {
    if (this.#pending.length >= this.#options.maxPending) this.sealAll();
    this.#pending.push(event);
    this.#schedule();
  }

  /** Seals everything that waits, now. */
  sealAll(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    // What is made by the way, such as a checkpoint, is sealed, too.
    while (this.#pending.length > 0) this.#seal(this.#pending.splice(0));
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#seal(this.#pending.splice(0, EVENTS_PER_TURN));
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #seal(events: readonly UnsealedEvent[]): void {
    const { guard } = this.#options;
    if (!this.#continued) {
      this.#continued = true;
      guard.run('Reading the hash chains that are there', () => {
        for (const heads of this.#options.chainHeads()) this.#chains.continueFrom(heads);
      });
    }
    for (const event of events) guard.run('Sealing an event', () => this.#sealOne(event));
  }

  #sealOne(event: UnsealedEvent): void {
    const { redact, checkpoints, deliver } = this.#options;
    const redacted = checkpoints?.isOwn(event) ? event : redact(event);
    const sealed = this.#chains.append(redacted, checkpoints?.idFor(event));
    deliver(sealed);
    checkpoints?.sealed(sealed.event);
  }
}
