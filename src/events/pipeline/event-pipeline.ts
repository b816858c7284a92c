import type { UnsealedEvent } from '../../chaukas/event.js';
import type { SinkStats } from '../../delivery/delivery-destination.js';
import type { DeliveryRecorder, QueueGauges } from '../../delivery/delivery-metrics.js';
import type { DropReport } from '../../delivery/dropped-items.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { JsonObject } from '../../json/json.js';
import type { ChaukasSpanProcessorConfig } from '../config.js';
import type { CheckpointPlaces } from '../sealing/checkpoint-anchors.js';
import type { UnmadeEvents } from '../sealing/event-sealer.js';
import type { SinkCounts } from '../system-events.js';

/** Options of a pipeline. */
export interface PipelineConfig
  extends Pick<
    ChaukasSpanProcessorConfig,
    'sinks' | 'spool' | 'deadLetter' | 'meterProvider' | 'redaction' | 'requestMessages' | 'checkpoints'
  > {
  /** Id of the session that stands for the stream. */
  readonly streamId: string;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  /** Names of the sinks, else their own. */
  readonly names?: readonly string[];
}

/** The one who makes the events, and what it takes back. */
export interface PipelineOwner {
  readonly guard: Guard;
  /** Spans and signals of which no events have been made yet. */
  readonly unmade: UnmadeEvents;
  /** Called for every failure of a sink. */
  readonly onError: (message: string, error?: unknown) => void;
  /** Emits that events were dropped. */
  readonly onDropped: (report: DropReport) => void;
  /** Emits a checkpoint. Its event must be added with this metadata, the same object. */
  readonly onCheckpoint: (metadata: JsonObject) => void;
  /** Called for each event that was sealed, or could not be. */
  readonly onSealed?: () => void;
  /** Makes the places outside of the stream for its checkpoints, else those of the options. */
  readonly placesFor?: (generatedKey: string | undefined) => CheckpointPlaces;
  /** Makes what takes the counts of a sink's queue, instead of metrics. */
  readonly recorderFor?: (sink: number, gauges: () => QueueGauges) => DeliveryRecorder;
}

/** The facts in the END of the stream that only the pipeline knows. */
export interface StreamCounts {
  /** Whether nothing is missing that would prove the end of the stream: `false` if its last signature is. */
  readonly closed: boolean;
  readonly sinks: readonly SinkCounts[];
}

/** @param lost - events that were dropped on the way to the queue of the sink. */
export function sinkCounts({ name, delivered, dropped, spooled = 0 }: SinkCounts, lost = 0): SinkCounts {
  return { name, delivered, dropped: dropped + lost, ...(spooled > 0 && { spooled }) };
}

export interface PipelineStats {
  readonly sinks: readonly SinkStats[];
  /** Events that no sink's queue has got yet. */
  readonly unsealed: number;
  /** Events that could not be sealed. */
  readonly lost: number;
  readonly checkpointsMade: number;
  readonly checkpointFailures: number;
  /** Faults that are not counted by the owner's guard. */
  readonly faults: number;
}

/**
 * Everything that happens to an event after it was made: it is redacted, gets its hashes, and goes to the sinks.
 *
 * A stream ends in these steps: `acceptAll`, its last events, `finish`, its END, `end`, `shutdown`. If the process exits,
 * `finishNow` and `endNow` take the place of `finish` and `end`.
 */
export interface EventPipeline {
  readonly stats: PipelineStats;
  add(event: UnsealedEvent): void;
  /** Sees to it that a turn follows in which unmade events are asked for. */
  schedule(): void;
  /** Passes on all events so far, those that are not made yet included. */
  sealAll(): void;
  /**
   * Resolves when all events so far are delivered or dropped, or when the time is over.
   *
   * @param timeoutMillis - the longest time to wait for a sink, by default 30,000.
   */
  forceFlush(timeoutMillis?: number): Promise<void>;
  /** Lifts the limits for the last events of the stream. */
  acceptAll(): void;
  /** Signs the last checkpoint, and delivers everything within the time of a flush. */
  finish(): Promise<StreamCounts>;
  /** Does what it can of {@link finish} synchronously. */
  finishNow(): StreamCounts;
  /** Resolves when the END of the stream, which was added, is sealed. */
  end(): Promise<void>;
  /** Seals the END of the stream synchronously. */
  endNow(): void;
  /** Delivers what is left, and closes the sinks. */
  shutdown(): Promise<void>;
}
