import type { DiagLogger } from '@opentelemetry/api';

/**
 * Runs code of ours inside the application's call. A fault in it is a bug of this package and never the
 * application's problem: it is told to `diag`, once a place, and the call goes on without us.
 */
export class Guard {
  readonly #reported = new Set<string>();

  constructor(readonly diag: DiagLogger) {}

  run<T>(place: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.report(place, error);
      return undefined;
    }
  }

  report(place: string, error: unknown): void {
    if (this.#reported.has(place)) return;
    this.#reported.add(place);
    this.diag.error(`${place} failed; the application is not affected, its telemetry may have a gap`, error);
  }

  /** A condition of the application's environment that the user can mend, told once. */
  warnOnce(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.diag.warn(message);
  }
}
