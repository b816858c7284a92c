import { diag } from '@opentelemetry/api';
import type { UnsealedEvent } from '../../chaukas/event.js';
import { COSIGNED_MESSAGE } from '../../chaukas/transparency-log/checkpoint-note.js';
import * as clock from '../../clock.js';
import { openDeadLetters } from '../../delivery/dead-letter-file.js';
import { DeliveryMetrics } from '../../delivery/delivery-metrics.js';
import { DroppedItems } from '../../delivery/dropped-items.js';
import { requireSpoolFolders } from '../../delivery/spool/spool-home.js';
import { atProcessExit } from '../../diagnostics/process-exit.js';
import type { JsonObject } from '../../json/json.js';
import { sinkNames } from '../../sinks/event-sink.js';
import { CheckpointAnchors } from '../sealing/checkpoint-anchors.js';
import { contentLength, EVENTS_PER_TURN, TURN_MILLIS } from '../sealing/event-sealer.js';
import {
  type EventPipeline,
  type PipelineConfig,
  type PipelineOwner,
  type PipelineStats,
  type StreamCounts,
  sinkCounts,
} from './event-pipeline.js';
import { ThreadLink } from './thread-link.js';
import type { RecorderCall, ThreadReport, ThreadState } from './thread-messages.js';
import { startOf, stateAtStart, withoutThread } from './thread-start.js';

/** Longest time that an answer is waited for which the thread gives within the time of a flush or of a signature. */
const ANSWER_TIMEOUT_MS = 35_000;

/** Longest time that the shutdown of the sinks is waited for: a flush, and three steps of 30 seconds. */
const SHUTDOWN_TIMEOUT_MS = 125_000;

/** The time by which a flush of the thread may be late. */
const LATE_MS = 100;

/** Longest time that the application waits for room, once until there is progress again. */
const ROOM_TIMEOUT_MS = 2_000;

const FLUSH_TIMEOUT_MS = 30_000;

/** Events that the thread has not sealed yet, which were posted together. */
interface PostedBatch {
  /** The number of events posted until then. */
  readonly upTo: number;
  readonly length: number;
}

/**
 * The pipeline in a thread of its own. The thread runs a `LocalPipeline`; here is what must stay in the application's
 * thread: events are made of spans, counts are recorded as metrics, checkpoints become events and go to their anchors.
 *
 * Invariant: events are posted in the order in which they were added. The number of those that the thread has not sealed
 * is limited as that of the sealer, their length as the bytes of a queue.
 */
export class ThreadPipeline implements EventPipeline {
  readonly #config: PipelineConfig;
  readonly #owner: PipelineOwner;
  readonly #names: readonly string[];
  readonly #thread: ThreadLink;
  readonly #metrics: readonly DeliveryMetrics[];
  readonly #lost = new DroppedItems('worker thread');
  #state: ThreadState;
  /** Whether the limits are lifted. */
  #isUnlimited = false;
  #pending: UnsealedEvent[] = [];
  #pendingOwn: number[] = [];
  #pendingLength = 0;
  #posted = 0;
  #batches: PostedBatch[] = [];
  /** Characters of the events in these batches. */
  #length = 0;
  #scheduled: NodeJS.Immediate | undefined;
  /** Whether unmade events wait until the thread has made room. */
  #isHeld = false;
  /** Whether the application has waited for room in vain, and the value of `done` at that moment. */
  #stuckAt: number | undefined;
  #anchors: CheckpointAnchors | undefined;
  #anchorFailures = 0;
  /** Metadata of checkpoints. */
  readonly #own = new WeakSet<object>();
  #isSigned = false;

  /** @throws Error - if the thread's program is missing, or the folder of the spool or the file of dead letters cannot be used. */
  constructor(config: PipelineConfig, owner: PipelineOwner) {
    this.#config = config;
    this.#owner = owner;
    this.#names = sinkNames(config.sinks);
    // The thread opens these again.
    openDeadLetters(config, owner.onError);
    if (config.spool !== undefined) requireSpoolFolders(config.spool.directory, this.#names);
    this.#state = stateAtStart(this.#names);
    this.#metrics = this.#names.map(
      (name, at) =>
        new DeliveryMetrics(name, config.meterProvider, () => ({
          size: (this.stats.sinks[at]?.waiting ?? 0) - this.#inFlight(at),
          capacity: config.maxQueueSize,
          inFlight: this.#inFlight(at),
        })),
    );
    this.#thread = new ThreadLink(startOf(config, this.#names), {
      onReport: (report) => this.#receive(report),
      onEnded: (reason) => this.#ended(reason),
    });
    for (const [sink, { inThread }] of config.sinks.entries()) {
      owner.guard.run('Handing a sink over', () =>
        inThread?.handOver?.((method) => this.#thread.post({ type: 'call', sink, method })),
      );
    }
  }

  get stats(): PipelineStats {
    const { received, inFlight: _, ...state } = this.#state;
    const onTheWay = this.#posted - received + this.#pending.length;
    const failures = state.checkpointFailures + this.#anchorFailures;
    if (!this.#thread.hasEnded) {
      const unsealed = state.unsealed + onTheWay;
      return { ...state, checkpointFailures: failures, unsealed, lost: state.lost + this.#lost.total };
    }
    return {
      ...state,
      checkpointFailures: failures,
      sinks: state.sinks.map(withoutThread),
      unsealed: 0,
      lost: state.lost + this.#lost.total + state.unsealed + onTheWay,
    };
  }

  add(event: UnsealedEvent): void {
    if (this.#thread.hasEnded || !this.#hasPlace()) {
      this.#drop(1);
      return;
    }
    if (event.metadata !== undefined && this.#own.has(event.metadata))
      this.#pendingOwn.push(this.#pending.length);
    this.#pending.push(event);
    this.#pendingLength += contentLength(event);
    this.schedule();
  }

  schedule(): void {
    this.#scheduled ??= clock.setImmediate(() => this.#turn());
  }

  sealAll(): void {
    this.#owner.unmade.pass(() => false);
    this.#postEvents();
  }

  async forceFlush(timeoutMillis?: number): Promise<void> {
    this.#owner.guard.run('Sealing events', () => this.sealAll());
    const limit = timeoutMillis ?? FLUSH_TIMEOUT_MS;
    await this.#thread.step('flush', limit + LATE_MS, { timeoutMillis });
  }

  acceptAll(): void {
    this.#isUnlimited = true;
    this.#thread.post({ type: 'acceptAll' });
  }

  async finish(): Promise<StreamCounts> {
    this.#postEvents();
    const signed = await this.#thread.step('sign', ANSWER_TIMEOUT_MS);
    await this.#anchors?.settled();
    this.#isSigned = true;
    this.#postEvents();
    const counts = await this.#thread.step('deliver', ANSWER_TIMEOUT_MS, { closed: signed ?? false });
    return this.#withLosses(counts);
  }

  finishNow(): StreamCounts {
    this.#owner.guard.run('Sealing events', () => this.sealAll());
    const signed = this.#thread.stepNow('signNow');
    this.#isSigned = true;
    this.#postEvents();
    return this.#withLosses(this.#thread.stepNow('deliverNow', { closed: signed ?? false }));
  }

  async end(): Promise<void> {
    this.#postEvents();
    await this.#thread.step('end', ANSWER_TIMEOUT_MS);
  }

  endNow(): void {
    this.#postEvents();
    this.#thread.stepNow('endNow');
  }

  async shutdown(): Promise<void> {
    const forget = atProcessExit(() => this.#owner.guard.run('Ending the event stream', () => this.endNow()));
    await this.#thread.step('shutdown', SHUTDOWN_TIMEOUT_MS);
    await this.#thread.terminate();
    forget();
    this.#stop();
    for (const sink of this.#config.sinks) {
      try {
        await sink.shutdown();
      } catch (error) {
        this.#owner.onError('a sink failed', error);
      }
    }
  }

  /* Events */

  #turn(): void {
    this.#scheduled = undefined;
    if (this.#thread.hasEnded) return;
    const { unmade } = this.#owner;
    if (this.#isFull()) this.#isHeld = unmade.waiting() > 0;
    else {
      const until = clock.ticks() + TURN_MILLIS;
      unmade.pass(() => this.#pending.length >= EVENTS_PER_TURN || clock.ticks() >= until);
    }
    this.#postEvents();
    if (!this.#isHeld && unmade.waiting() > 0) this.schedule();
  }

  #postEvents(): void {
    clock.clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#pending.length === 0 || this.#thread.hasEnded) return;
    const events = this.#pending;
    const own = this.#pendingOwn;
    const length = this.#pendingLength;
    this.#pending = [];
    this.#pendingOwn = [];
    this.#pendingLength = 0;
    try {
      this.#thread.post({ type: 'events', events, own });
      this.#isPosted(events.length, length);
    } catch {
      this.#postEach(events, own);
    }
  }

  /** One of the events has something that is not data, which would be left out of its JSON. */
  #postEach(events: readonly UnsealedEvent[], own: readonly number[]): void {
    for (const [at, event] of events.entries()) {
      try {
        this.#thread.post({ type: 'events', events: [event], own: own.includes(at) ? [0] : [] });
        this.#isPosted(1, contentLength(event));
      } catch (error) {
        this.#owner.guard.caught('Handing an event to the worker thread', error);
        this.#lost.add(1, 'given_up');
      }
    }
  }

  #isPosted(count: number, length: number): void {
    this.#posted += count;
    this.#batches.push({ upTo: this.#posted, length });
    this.#length += length;
  }

  /** The number of posted events that the thread has not sealed. */
  #unsealed(): number {
    return (this.#posted - this.#thread.done) | 0;
  }

  #isFull(): boolean {
    const done = this.#posted - this.#unsealed();
    while (this.#batches[0] !== undefined && this.#batches[0].upTo <= done) {
      this.#length -= (this.#batches.shift() as PostedBatch).length;
    }
    return this.#unsealed() >= this.#config.maxQueueSize || this.#length >= this.#config.maxQueueBytes;
  }

  /** Whether one more event may wait. As the sealer does, the application waits then until events are sealed. */
  #hasPlace(): boolean {
    const { maxQueueSize } = this.#config;
    if (this.#isUnlimited || this.#unsealed() + this.#pending.length < maxQueueSize) return true;
    this.#postEvents();
    const done = this.#thread.done;
    if (done === this.#stuckAt) return false;
    const hasRoom = clock.blockUntil(() => this.#unsealed() <= maxQueueSize / 2, ROOM_TIMEOUT_MS);
    const isStuck = !hasRoom && this.#unsealed() >= maxQueueSize;
    this.#stuckAt = isStuck ? this.#thread.done : undefined;
    return !isStuck;
  }

  #drop(count: number): void {
    this.#lost.add(count, 'queue_full');
    for (const metrics of this.#metrics) metrics.rejected(count, 'queue_full');
    if (this.#thread.hasEnded) return;
    this.#owner.onError(
      'the worker thread does not seal events any more, further events are dropped; it may wait for a disk',
    );
  }

  #reportLost(): void {
    if (!this.#lost.mayReport || this.#isFull()) return;
    const report = this.#lost.report();
    if (report === undefined) return;
    for (const destination of this.#names) this.#owner.onDropped({ ...report, destination });
  }

  #withLosses(counts: StreamCounts | undefined): StreamCounts {
    const { sinks, closed } = counts ?? { closed: false, sinks: this.#state.sinks };
    const lost = this.#lost.total;
    return { closed: closed && lost === 0, sinks: sinks.map((counts) => sinkCounts(counts, lost)) };
  }

  /* Reports of the thread */

  #receive(report: ThreadReport): void {
    this.#owner.guard.run('Reading a report of the worker thread', () => this.#read(report));
  }

  #read(report: ThreadReport): void {
    const { guard, onError, onDropped } = this.#owner;
    switch (report.type) {
      case 'state':
        this.#state = report.state;
        for (const [sink, call] of report.calls) this.#record(sink, call);
        this.#reportLost();
        if (this.#isHeld && !this.#isFull()) {
          this.#isHeld = false;
          this.schedule();
        }
        break;
      case 'checkpoint':
        this.#emitCheckpoint(report.metadata);
        break;
      case 'published':
        this.#anchors ??= this.#makeAnchors(report.generatedKey);
        this.#anchors.publish(report.note, report.details);
        break;
      case 'dropped':
        onDropped(report.report);
        break;
      case 'error':
        onError(report.message, report.error);
        break;
      case 'log': {
        const [text = '', ...more] = report.texts;
        (report.own ? guard.diag : diag)[report.level](text, ...more);
      }
    }
  }

  #record(sink: number, call: RecorderCall): void {
    const metrics = this.#metrics[sink];
    if (call[0] === 'passedOn') metrics?.passedOn(call[1]);
    else if (call[0] === 'retried') metrics?.retried(call[1]);
    else if (call[0] === 'rejected') metrics?.rejected(call[1], call[2]);
    else if (call[0] === 'exported') metrics?.exported(call[1], call[2], call[3]);
    else metrics?.stop();
  }

  #inFlight(sink: number): number {
    return this.#state.inFlight[sink] ?? 0;
  }

  #emitCheckpoint(metadata: JsonObject): void {
    if (this.#isSigned) return;
    this.#own.add(metadata);
    this.#owner.onCheckpoint(metadata);
  }

  #ended(reason: unknown): void {
    this.#owner.onError(
      'the worker thread of option "thread" has ended, and events are dropped from now on; ' +
        'restart the process, and leave the option out if it happens again',
      reason,
    );
    this.#stop();
  }

  #stop(): void {
    for (const metrics of this.#metrics) metrics.stop();
    this.#lost.close();
  }

  #makeAnchors(generatedKey: string | undefined): CheckpointAnchors {
    const { checkpoints } = this.#config;
    if (checkpoints === undefined) throw new Error('the thread published a checkpoint without a key');
    return new CheckpointAnchors(checkpoints, generatedKey, {
      onFailure: (message, error) => {
        this.#anchorFailures += 1;
        this.#owner.guard.errorOnce(message, error);
      },
      onCosigned: (note) => this.#emitCheckpoint({ message: COSIGNED_MESSAGE, checkpoint: note }),
    });
  }
}
