import { invalidRequest } from '../api-error.js';
import type { KeptFiles } from '../files/kept-files.js';
import { derivedId, newSeed } from '../ids.js';
import type { LineResult, LineRunner } from './line-runner.js';
import { type BatchEndpoint, type BatchLine, type BatchProblem, checkLines } from './lines.js';

export interface BatchRequest {
  readonly input_file_id: string;
  readonly endpoint: BatchEndpoint;
  readonly completion_window: '24h';
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
}

type Status =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'cancelling'
  | 'cancelled';

/** Requests of one batch that run at the same time. */
const CONCURRENCY = 4;
const WINDOW_SECONDS = 24 * 60 * 60;

/**
 * One batch. It goes on by itself: `validating`, `in_progress`, `finalizing` and `completed`; or `failed` if its file
 * has faults; or `cancelling` and `cancelled`. Each status is entered once, and its time is kept.
 */
export class Batch {
  readonly id: string = derivedId('batch_', newSeed());
  readonly #request: BatchRequest;
  readonly #files: KeptFiles;
  readonly #cancelled = new AbortController();
  readonly #times: Partial<Record<Status, number>> = {};
  readonly #results: LineResult[] = [];
  #status: Status = 'validating';
  #lines: readonly BatchLine[] = [];
  #problems: readonly BatchProblem[] = [];
  #outputs: { readonly output: string | null; readonly error: string | null } = {
    output: null,
    error: null,
  };

  constructor(request: BatchRequest, files: KeptFiles) {
    this.#request = request;
    this.#files = files;
    this.#enter('validating');
  }

  /** Runs the batch. Never rejects. */
  async run(input: string, runner: LineRunner, closing: AbortSignal | undefined): Promise<void> {
    // The answer to its creation comes first.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#cancelled.signal.aborted) return this.#finish('cancelled');
    const { lines, problems } = checkLines(input, this.#request.endpoint);
    if (problems.length > 0) {
      this.#problems = problems;
      return this.#enter('failed');
    }
    this.#lines = lines;
    this.#enter('in_progress');
    const stop = closing ? AbortSignal.any([closing, this.#cancelled.signal]) : this.#cancelled.signal;
    const waiting = lines.values();
    await Promise.all(Array.from({ length: CONCURRENCY }, () => this.#work(waiting, runner, stop)));
    if (this.#cancelled.signal.aborted) return this.#finish('cancelled');
    if (closing?.aborted) return;
    this.#enter('finalizing');
    this.#finish('completed');
  }

  cancel(): void {
    if (this.#status === 'cancelling') return;
    if (this.#status !== 'validating' && this.#status !== 'in_progress') {
      throw invalidRequest(`Cannot cancel a batch with status '${this.#status}'.`);
    }
    this.#enter('cancelling');
    this.#cancelled.abort();
  }

  body(): object {
    const { input_file_id, endpoint, completion_window, metadata } = this.#request;
    const time = (status: Status) => this.#times[status] ?? null;
    const createdAt = this.#times.validating ?? 0;
    const completed = this.#results.filter(({ ok }) => ok).length;
    return {
      id: this.id,
      object: 'batch',
      endpoint,
      input_file_id,
      completion_window,
      status: this.#status,
      errors: this.#problems.length > 0 ? { object: 'list', data: this.#problems } : null,
      output_file_id: this.#outputs.output,
      error_file_id: this.#outputs.error,
      created_at: createdAt,
      in_progress_at: time('in_progress'),
      expires_at: createdAt + WINDOW_SECONDS,
      finalizing_at: time('finalizing'),
      completed_at: time('completed'),
      failed_at: time('failed'),
      expired_at: null,
      cancelling_at: time('cancelling'),
      cancelled_at: time('cancelled'),
      request_counts: {
        total: this.#lines.length,
        completed,
        failed: this.#results.length - completed,
      },
      metadata: metadata ?? null,
    };
  }

  async #work(waiting: Iterator<BatchLine>, runner: LineRunner, stop: AbortSignal): Promise<void> {
    for (let next = waiting.next(); !next.done && !stop.aborted; next = waiting.next()) {
      const result = await runner(next.value, stop);
      // A line that did not end before the batch was cancelled has no result.
      if (result) this.#results.push(result);
    }
  }

  #finish(status: 'completed' | 'cancelled'): void {
    const keep = (ok: boolean, kind: string) => {
      const lines = this.#results.filter((result) => result.ok === ok).map(({ line }) => `${line}\n`);
      if (lines.length === 0) return null;
      const content = new TextEncoder().encode(lines.join(''));
      return this.#files.add(`${this.id}_${kind}.jsonl`, 'batch_output', content).id;
    };
    this.#outputs = { output: keep(true, 'output'), error: keep(false, 'error') };
    this.#enter(status);
  }

  #enter(status: Status): void {
    this.#status = status;
    this.#times[status] = Math.floor(Date.now() / 1000);
  }
}
