import type { ChaukasEvent, UnsealedEvent } from '../../chaukas/event.js';
import { openDeadLetters } from '../../delivery/dead-letter-file.js';
import type { QueueGauges } from '../../delivery/delivery-metrics.js';
import { EventQueue } from '../../delivery/event-queue.js';
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction } from '../../json/readers.js';
import { createRedactor } from '../../redaction/redactor.js';
import { type EventSink, sinkNames } from '../../sinks/event-sink.js';
import { SignedCheckpoints } from '../sealing/checkpoints.js';
import { earlierEvents } from '../sealing/earlier-streams.js';
import { type EventRedactor, EventSealer } from '../sealing/event-sealer.js';
import { DEFAULT_REQUEST_MESSAGES, RequestHistory } from '../sealing/request-messages.js';
import {
  type EventPipeline,
  type PipelineConfig,
  type PipelineOwner,
  type PipelineStats,
  type StreamCounts,
  sinkCounts,
} from './event-pipeline.js';

/** The pipeline in the thread that makes it. */
export class LocalPipeline implements EventPipeline {
  readonly #owner: PipelineOwner;
  readonly #sinks: readonly EventSink[];
  readonly #queues: readonly EventQueue[];
  readonly #checkpoints: SignedCheckpoints | undefined;
  readonly #sealer: EventSealer;

  /** @throws Error - if the folder of the spool or the file of the dead letters cannot be used. */
  constructor(config: PipelineConfig, owner: PipelineOwner) {
    this.#owner = owner;
    this.#sinks = config.sinks;
    const { guard, onError, onDropped, recorderFor } = owner;
    const { spool, meterProvider, checkpoints, streamId, maxQueueSize } = config;
    const deadLetters = openDeadLetters(config, onError);
    const names = config.names ?? sinkNames(config.sinks);
    this.#queues = config.sinks.map((sink, index) => {
      const limits = { maxSize: maxQueueSize, maxBytes: config.maxQueueBytes };
      const recorder = recorderFor && ((gauges: () => QueueGauges) => recorderFor(index, gauges));
      const options = { ...limits, spool, deadLetters, meterProvider, recorder, onError, onDropped };
      return new EventQueue(sink, { ...options, name: names[index] as string });
    });
    this.#checkpoints =
      checkpoints && new SignedCheckpoints(checkpoints, streamId, owner.onCheckpoint, guard, owner.placesFor);
    this.#sealer = new EventSealer({
      streamId,
      maxPending: maxQueueSize,
      earlierEvents: () => earlierEvents(this.#queues, guard),
      redact: redactorOf(config, guard),
      requestHistory: requestHistory(config),
      checkpoints: this.#checkpoints,
      deliver: (event) => {
        for (const queue of this.#queues) queue.push(event);
      },
      guard,
      unmade: owner.unmade,
      onDone: owner.onSealed,
    });
  }

  get stats(): PipelineStats {
    return {
      sinks: this.#queues.map((queue) => queue.stats),
      unsealed: this.#sealer.waiting,
      lost: this.#sealer.lost,
      checkpointsMade: this.#checkpoints?.made ?? 0,
      checkpointFailures: this.#checkpoints?.failures ?? 0,
      faults: 0,
    };
  }

  add(event: UnsealedEvent): void {
    this.#sealer.add(event);
  }

  /** Adds an event of a checkpoint that was emitted by another thread. */
  addOwn(event: UnsealedEvent): void {
    this.#checkpoints?.adopt(event);
    this.add(event);
  }

  schedule(): void {
    this.#sealer.schedule();
  }

  sealAll(): void {
    this.#sealer.sealAll();
  }

  async forceFlush(timeoutMillis?: number): Promise<void> {
    this.#trySealAll();
    await Promise.all(this.#queues.map((queue) => this.#settle(queue.forceFlush(timeoutMillis))));
  }

  acceptAll(): void {
    for (const queue of this.#queues) queue.acceptAll();
  }

  async finish(): Promise<StreamCounts> {
    return this.deliver(await this.sign());
  }

  finishNow(): StreamCounts {
    return this.deliverNow(this.signNow());
  }

  /** The first half of {@link finish}. Resolves to whether the stream is signed to its end, which it is without a key. */
  async sign(): Promise<boolean> {
    this.#trySealAll();
    const checkpoints = this.#checkpoints;
    if (checkpoints === undefined) return true;
    const signed = await this.#owner.guard.run('Signing the last checkpoint', () => checkpoints.finish());
    await this.#settle(checkpoints.settled());
    return signed ?? false;
  }

  /** The second half of {@link finish}. */
  async deliver(closed: boolean): Promise<StreamCounts> {
    this.#trySealAll();
    // The END says how many events each sink got.
    await Promise.all(this.#queues.map((queue) => this.#settle(queue.finish())));
    return this.#counts(closed);
  }

  /** The first half of {@link finishNow}. */
  signNow(): boolean {
    this.#sealer.sealAll();
    // An asynchronous signature would come too late.
    return this.#checkpoints === undefined || this.#checkpoints.finish() === true;
  }

  /** The second half of {@link finishNow}. */
  deliverNow(closed: boolean): StreamCounts {
    this.#sealer.sealAll();
    this.writeOut();
    return this.#counts(closed);
  }

  /** Calls a method of a sink, if it has it. */
  callSink(index: number, method: string): void {
    this.#owner.guard.run('Calling a sink', () => {
      const sink = this.#sinks[index];
      if (sink !== undefined) asFunction(Reflect.get(sink, method))?.call(sink);
    });
  }

  /** Delivers what the sinks can take synchronously. */
  writeOut(): void {
    for (const queue of this.#queues) queue.writeOut();
  }

  async end(): Promise<void> {
    this.#trySealAll();
    await this.#settle(this.#sealer.ended);
  }

  /** The queues write the END out when the process exits. */
  endNow(): void {
    this.#sealer.sealAll();
    this.#sealer.endNow();
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => this.#settle(queue.shutdown())));
  }

  #counts(closed: boolean): StreamCounts {
    return { closed, sinks: this.#queues.map(({ stats }) => sinkCounts(stats)) };
  }

  #trySealAll(): void {
    this.#owner.guard.run('Sealing events', () => this.#sealer.sealAll());
  }

  async #settle(action: Promise<void>): Promise<void> {
    try {
      await action;
    } catch (error) {
      this.#owner.onError('a sink failed', error);
    }
  }
}

function redactorOf({ redaction }: PipelineConfig, guard: Guard): EventRedactor {
  const redact = createRedactor(redaction, (message, error) => guard.errorOnce(message, error));
  // The redactor treats members that are `undefined` as absent.
  return Object.assign(
    (event: UnsealedEvent, firstMessage?: number) => redact(event as ChaukasEvent, firstMessage),
    {
      inSteps: (event: UnsealedEvent, firstMessage?: number) =>
        redact.inSteps(event as ChaukasEvent, firstMessage),
    },
  );
}

function requestHistory({
  requestMessages = DEFAULT_REQUEST_MESSAGES,
}: PipelineConfig): RequestHistory | undefined {
  return requestMessages === 'all' ? undefined : new RequestHistory();
}
