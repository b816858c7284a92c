import type { DiagLogger } from '@opentelemetry/api';
import { maskSecrets } from '../text/mask-secrets.js';

/**
 * Runs code of ours inside the application's call. A fault in it is a bug of this package and never the
 * application's problem: it is told to `diag`, once a place, and the call goes on without us.
 */
export class Guard {
  /** Faults so far, those not told again included. */
  faults = 0;
  readonly #reported = new Set<string>();

  constructor(readonly diag: DiagLogger) {}

  run<T>(place: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.caught(place, error);
      return undefined;
    }
  }

  /** A fault that was caught where it happened: on paths so hot that {@link Guard.run} would show. */
  caught(place: string, error: unknown): void {
    this.faults += 1;
    if (this.#first(place)) {
      this.diag.error(
        `${place} failed; the application is not affected, its telemetry may have a gap`,
        readable(error),
      );
    }
  }

  /** A failure outside of this package, told once. */
  errorOnce(message: string, error: unknown): void {
    if (this.#first(message)) this.diag.error(message, readable(error));
  }

  /** A condition that the user can mend, told once. */
  warnOnce(message: string): void {
    if (this.#first(message)) this.diag.warn(message);
  }

  #first(subject: string): boolean {
    if (this.#reported.has(subject)) return false;
    this.#reported.add(subject);
    return true;
  }
}

/** What is caught may come from a getter of the application's and quote a key. Never throws. */
function readable(error: unknown): string {
  try {
    return maskSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } catch {
    return 'an error that cannot be read';
  }
}
