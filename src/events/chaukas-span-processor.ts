import { type Context, diag } from '@opentelemetry/api';
import { SIGNED_STREAM_PREFIX } from '../chaukas/transparency-log/checkpoint-note.js';
import type { CostOptions } from '../cost/cost-options.js';
import type { SinkStats } from '../delivery/delivery-destination.js';
import { Guard } from '../diagnostics/guard.js';
import { atProcessExit } from '../diagnostics/process-exit.js';
import { newEventId } from '../ids.js';
import { runningInstrumentations } from '../signals/running-instrumentations.js';
import type { Signal } from '../signals/signal.js';
import { type SignalSubscription, subscribeToSignals } from '../signals/signal-channel.js';
import { getCallerFlow, getSpanStartDetails } from '../signals/span-start-details.js';
import { PACKAGE_NAME } from '../version.js';
import { AuditStream } from './audit-stream.js';
import { AuditTrail } from './audit-trail.js';
import {
  type ChaukasSpanProcessorConfig,
  DEFAULT_MAX_QUEUE_BYTES,
  DEFAULT_MAX_QUEUE_SIZE,
  DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
  validateSpanProcessorConfig,
} from './config.js';
import { CallCosts } from './content/cost.js';
import { ToolEvents } from './content/tool-events.js';
import { DeferredTrail } from './deferred-trail.js';
import { DEFAULT_FOREIGN_SPANS } from './foreign-spans.js';
import { LateSpans } from './late-spans.js';
import type { EventPipeline, StreamCounts } from './pipeline/event-pipeline.js';
import { LocalPipeline } from './pipeline/local-pipeline.js';
import { ThreadPipeline } from './pipeline/thread-pipeline.js';
import { ApplicationRetries } from './retries/application-retries.js';
import { isCheckpointContext } from './sealing/checkpoint-anchors.js';
import { SessionLedger } from './sessions/session-ledger.js';
import { noteApplication } from './spans/application-of-span.js';
import type { SpanSnapshot } from './spans/span-snapshot.js';
import { infrastructureMetrics, type StreamEndReason, SystemEvents } from './system-events.js';

/**
 * Counts since the processor was created. With several sinks, an event is delivered, dropped or waiting once per sink, so
 * `eventsMade` times the number of sinks is the sum of the three.
 */
export interface ChaukasSpanProcessorStats {
  /** Spans of any kind that started. */
  readonly spansSeen: number;
  readonly eventsMade: number;
  readonly eventsDelivered: number;
  readonly eventsDropped: number;
  /** Events on their way, including those that a sink has not answered for. */
  readonly eventsWaiting: number;
  /** Signed checkpoints in the stream. */
  readonly checkpointsMade: number;
  /** Signatures that failed, and checkpoints that a place outside of the stream did not take. */
  readonly checkpointFailures: number;
  /** Faults of this package and failures of sinks. The first of each kind is logged to `diag`. */
  readonly errors: number;
  /** The same for each sink, in the order of option `sinks`. */
  readonly sinks: readonly SinkStats[];
}

/**
 * Turns GenAI spans into an audit event stream in chaukas-spec and sends it to sinks: a START event when a span starts,
 * an END event when it ends, single events when they happen.
 *
 * Spans of `OpenAIAgentsInstrumentation` give events with content, live retries and the input and output of the run.
 * Other spans in the GenAI semantic conventions give events with what their attributes say. It is an ordinary span
 * processor: use it beside the one that exports the traces.
 *
 * ```ts
 * new NodeSDK({
 *   spanProcessors: [
 *     new BatchSpanProcessor(new OTLPTraceExporter()),
 *     new ChaukasSpanProcessor({ sinks: [new FileSink({ path: 'audit/events.jsonl' })] }),
 *   ],
 * });
 * ```
 *
 * Only recorded spans make events. If the sampler drops spans, wrap it in `AlwaysRecordSampler`.
 *
 * @throws TypeError - from the constructor, names each option that is unknown, missing or not accepted.
 * @throws Error - from the constructor, if a file or folder of the options cannot be used, or the program of option
 * `thread`.
 */
export class ChaukasSpanProcessor {
  readonly #guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));
  readonly #pipeline: EventPipeline;
  readonly #stream: AuditStream;
  readonly #trail: AuditTrail;
  readonly #deferred: DeferredTrail;
  readonly #spans: LateSpans;
  readonly #sessions: SessionLedger;
  readonly #system: SystemEvents;
  readonly #subscription: SignalSubscription;
  readonly #includesContent: boolean;
  readonly #forgetExit: () => void;
  readonly #checkpointSpans = new WeakSet<SpanSnapshot>();
  #sinkErrors = 0;
  #shutdown: Promise<void> | undefined;

  constructor(config: ChaukasSpanProcessorConfig) {
    validateSpanProcessorConfig(config);
    const maxSize = config.maxQueueSize ?? DEFAULT_MAX_QUEUE_SIZE;
    const prefix = config.checkpoints === undefined ? 'stream-' : SIGNED_STREAM_PREFIX;
    const streamId = prefix + newEventId();
    const Pipeline = config.thread === true ? ThreadPipeline : LocalPipeline;
    this.#pipeline = new Pipeline(
      {
        ...config,
        streamId,
        maxQueueSize: maxSize,
        maxQueueBytes: config.maxQueueBytes ?? DEFAULT_MAX_QUEUE_BYTES,
      },
      {
        guard: this.#guard,
        unmade: {
          waiting: () => this.#deferred.waiting,
          pass: (isOver) => this.#deferred.pass(isOver),
        },
        onError: (message, error) => this.#onSinkError(message, error),
        onDropped: (report) => {
          this.#guard.run('Recording that events were dropped', () => this.#system.dropped(report));
        },
        onCheckpoint: (metadata) => this.#system.checkpoint(metadata),
      },
    );
    this.#stream = new AuditStream(config, (event) => this.#pipeline.add(event));
    this.#sessions = new SessionLedger(
      this.#stream,
      config.sessionIdleTimeoutMillis ?? DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
      streamId,
      () => this.#guard.run('Emitting the first system events', () => this.#system.started()),
      config.infrastructureMetrics === true ? infrastructureMetrics : undefined,
    );
    this.#system = new SystemEvents(this.#sessions, config);
    const includeContent = config.captureMessageContent ?? true;
    this.#trail = new AuditTrail(this.#sessions, {
      includeContent,
      foreignSpans: config.foreignSpans ?? DEFAULT_FOREIGN_SPANS,
      guard: this.#guard,
      toolEvents: new ToolEvents(config.toolEvents ?? {}),
      retries: applicationRetries(config),
      costs: config.cost === false ? undefined : new CallCosts(costOptions(config), this.#guard),
    });
    this.#deferred = new DeferredTrail(this.#trail, {
      includeContent,
      maxWaiting: maxSize,
      mustPass: () => this.#stream.eventsMade === 0,
      schedule: () => this.#pipeline.schedule(),
      atTime: (millis) => {
        this.#sessions.happenedAt = millis;
      },
      guard: this.#guard,
    });
    this.#spans = new LateSpans(this.#deferred);
    this.#includesContent = includeContent;
    this.#subscription = subscribeToSignals((signal) => {
      this.#guard.run('Reading a signal', () => this.#signalled(signal));
    });
    this.#forgetExit = atProcessExit(() => {
      this.#guard.run('Ending the event stream', () => this.#processExits());
    });
  }

  /** Called by the tracer. */
  onStart(span: SpanSnapshot, parentContext: Context): void {
    if (this.#shutdown !== undefined) return;
    if (isCheckpointContext(parentContext)) {
      this.#checkpointSpans.add(span);
      return;
    }
    if (this.#includesContent) this.#subscription.wantContent();
    this.#guard.run('Making the events of a span that starts', () => {
      noteApplication(span, parentContext);
      this.#spans.started(span, getSpanStartDetails(parentContext), getCallerFlow(parentContext));
    });
  }

  /** Called by the tracer. */
  onEnd(span: SpanSnapshot): void {
    if (this.#shutdown !== undefined || this.#checkpointSpans.has(span)) return;
    this.#guard.run('Making the events of a span that ends', () => this.#spans.ended(span));
  }

  /**
   * Resolves when every event emitted so far has been delivered to every sink or dropped, or when the time is over. A sink
   * that waits before its next attempt is tried at once. With a spool, a sink that fails then is not waited for. Never
   * rejects.
   *
   * @param timeoutMillis - the longest time to wait, by default 30,000.
   */
  async forceFlush(timeoutMillis?: number): Promise<void> {
    // Providers of other versions may pass something else.
    const millis = typeof timeoutMillis === 'number' && timeoutMillis >= 0 ? timeoutMillis : undefined;
    await this.#pipeline.forceFlush(millis);
  }

  /** Ends all open spans and sessions, delivers all events and closes the sinks. Never rejects. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  /** Returns counts of what the processor has done so far. */
  stats(): ChaukasSpanProcessorStats {
    this.#deferred.pass();
    const { sinks, unsealed, lost, faults, ...checkpoints } = this.#pipeline.stats;
    const sum = (count: (sink: SinkStats) => number) => sinks.reduce((total, sink) => total + count(sink), 0);
    return {
      spansSeen: this.#trail.spansSeen,
      eventsMade: this.#stream.eventsMade,
      eventsDelivered: sum((sink) => sink.delivered),
      eventsDropped: sum((sink) => sink.dropped + lost),
      eventsWaiting: sum((sink) => sink.waiting + unsealed),
      ...checkpoints,
      errors: this.#guard.faults + this.#sinkErrors + faults,
      sinks,
    };
  }

  #signalled(signal: Signal): void {
    switch (signal.type) {
      case 'recorded':
        this.#deferred.recorded(signal);
        break;
      case 'instrumentation.started':
        this.#deferred.pass();
        this.#system.instrumentation(signal);
        break;
      case 'instrumentation.stopped':
        this.#deferred.pass();
        this.#system.instrumentation(signal);
        // No instrumentation is left that would report further activity in these sessions.
        if (runningInstrumentations().size === 0) {
          this.#sessions.endQuiet(['activity'], 'instrumentation stopped');
        }
        break;
      default:
        this.#deferred.signalled(signal);
    }
  }

  /**
   * The process exits without a shutdown, or during one. Work that goes on gets no END, so that the gap shows; the rest is
   * ended.
   */
  #processExits(): void {
    if (this.#shutdown === undefined) {
      this.#pipeline.acceptAll();
      this.#deferred.pass();
      this.#trail.startWaiting();
      this.#sessions.endQuiet(['activity', 'trace'], 'process exit');
      this.#system.stopped('process exit');
    }
    this.#endStream('process exit', this.#pipeline.finishNow());
    this.#pipeline.endNow();
  }

  async #close(): Promise<void> {
    this.#subscription.end();
    this.#pipeline.acceptAll();
    this.#guard.run('Ending the event stream', () => {
      this.#spans.shutdown();
      this.#deferred.pass();
      this.#trail.shutdown();
      this.#system.stopped('shutdown');
      this.#pipeline.sealAll();
    });
    const counts = await this.#pipeline.finish();
    this.#guard.run('Ending the event stream', () => this.#endStream('shutdown', counts));
    await this.#pipeline.end();
    this.#forgetExit();
    await this.#pipeline.shutdown();
  }

  #endStream(reason: StreamEndReason, counts: StreamCounts): void {
    this.#system.ended({ reason, ...counts });
  }

  #onSinkError(message: string, error: unknown): void {
    this.#sinkErrors += 1;
    this.#guard.errorOnce(message, error);
  }
}

function applicationRetries({
  retryDetection = true,
}: ChaukasSpanProcessorConfig): ApplicationRetries | undefined {
  if (retryDetection === false) return undefined;
  return new ApplicationRetries(retryDetection === true ? {} : { ...retryDetection });
}

function costOptions({ cost = true }: ChaukasSpanProcessorConfig): CostOptions {
  return typeof cost === 'object' ? cost : {};
}
