/** Reports that the thread of option `thread` makes without being asked: its state and its log messages. */
import type { DiagLogger } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { DeliveryRecorder, QueueGauges } from '../../delivery/delivery-metrics.js';
import type { LogLevel, RecorderCall, ThreadReport } from './thread-messages.js';

/** Passes what the counts of the queues and the state of the pipeline are. */
export class StateReports {
  received = 0;
  state: (() => Omit<Extract<ThreadReport, { type: 'state' }>['state'], 'received' | 'inFlight'>) | undefined;
  readonly #post: (report: ThreadReport) => void;
  readonly #gauges: (() => QueueGauges)[] = [];
  #calls: (readonly [sink: number, call: RecorderCall])[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(post: (report: ThreadReport) => void) {
    this.#post = post;
  }

  recorderFor(sink: number, gauges: () => QueueGauges): DeliveryRecorder {
    this.#gauges[sink] = gauges;
    const add = (call: RecorderCall) => {
      this.#calls.push([sink, call]);
      this.schedule();
    };
    return {
      passedOn: (count) => add(['passedOn', count]),
      rejected: (count, reason) => add(['rejected', count, reason]),
      retried: (count) => add(['retried', count]),
      exported: (count, seconds, errorType) => add(['exported', count, seconds, errorType]),
      stop: () => add(['stop']),
    };
  }

  schedule(): void {
    this.#scheduled ??= clock.setImmediate(() => this.flush());
  }

  flush(): void {
    clock.clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.state === undefined) return;
    const inFlight = this.#gauges.map((gauges) => gauges().inFlight);
    const calls = this.#calls;
    this.#calls = [];
    this.#post({ type: 'state', state: { ...this.state(), received: this.received, inFlight }, calls });
  }
}

/** @param own - whether the texts are those of a guard, which names the package itself. */
export function loggerOf(post: (report: ThreadReport) => void, own: boolean): DiagLogger {
  const log =
    (level: LogLevel) =>
    (...texts: unknown[]) =>
      post({ type: 'log', level, own, texts: texts.map(String) });
  return {
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
    verbose: log('verbose'),
  };
}

export function textOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
