import type { DiagLogger } from '@opentelemetry/api';
import { maskSecrets } from '../text/mask-secrets.js';

/**
 * Runs this package's code inside the application's calls. A fault in it is logged to `diag`, once per place, and the
 * application's call continues uninstrumented.
 */
export class Guard {
  /** Number of faults, including those that were not logged again. */
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

  /** Handles a fault that the caller caught itself, on a path where a closure for {@link Guard.run} costs too much. */
  caught(place: string, error: unknown): void {
    this.faults += 1;
    if (this.#first(place)) {
      this.diag.error(
        `${place} failed; the application is not affected, its telemetry may have a gap`,
        readable(error),
      );
    }
  }

  /** Logs a failure outside of this package, once per message. */
  errorOnce(message: string, error: unknown): void {
    if (this.#first(message)) this.diag.error(message, readable(error));
  }

  /** Logs a condition that the user can correct, once per message. */
  warnOnce(message: string): void {
    if (this.#first(message)) this.diag.warn(message);
  }

  #first(subject: string): boolean {
    if (this.#reported.has(subject)) return false;
    this.#reported.add(subject);
    return true;
  }
}

/**
 * The text of an error, without secrets: the error may come from a getter of the application and quote a key. Never
 * throws.
 */
function readable(error: unknown): string {
  try {
    return maskSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } catch {
    return 'an error that cannot be read';
  }
}
