import type { MeterProvider } from '@opentelemetry/api';
import type { DeliveryOptions } from '../sinks/delivery-options.js';
import type { SendOptions } from '../sinks/event-sink.js';
import type { DeadLetterFile } from './dead-letter-file.js';
import type { DeliveryRecorder, QueueGauges } from './delivery-metrics.js';
import type { DropReport } from './dropped-items.js';
import type { SpoolOptions } from './spool/spool-options.js';
import type { Deliverable } from './waiting-items.js';

/** A place that items are delivered to. Its methods are those of a sink. */
export interface DeliveryDestination<Item extends Deliverable> {
  /** Name in log messages and counts, and of the folder in the spool. */
  readonly name: string;
  readonly delivery?: DeliveryOptions | undefined;
  send(items: readonly Item[], options: SendOptions): Promise<void>;
  sendSync?(items: readonly Item[]): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Options of a {@link DeliveryQueue}. */
export interface DeliveryQueueOptions<Item extends Deliverable> {
  /** Maximum number of items in memory, besides the batch that the destination is processing. */
  readonly maxSize: number;
  /** Maximum number of bytes of all items in memory. */
  readonly maxBytes: number;
  /** The spool in which items wait until they are delivered. Without it they wait in memory. */
  readonly spool?: SpoolOptions | undefined;
  /** Makes an item of a line of the spool, which is a JSON object. Throws if it is not one of an item. */
  readonly restore: (line: string) => Item;
  /** The file for items that are given up. */
  readonly deadLetters?: DeadLetterFile | undefined;
  /** The provider of the queue's metrics, else the global one. */
  readonly meterProvider?: MeterProvider | undefined;
  /** Makes what takes the queue's counts, instead of metrics. */
  readonly recorder?: ((gauges: () => QueueGauges) => DeliveryRecorder) | undefined;
  /** Called for every failure of the destination, and when items begin to be dropped for want of room. */
  readonly onError: (message: string, error?: unknown) => void;
  /** Called when items were dropped and the destination takes items again, and at the shutdown. */
  readonly onDropped?: ((report: DropReport) => void) | undefined;
}

/** Counts of the events of one sink since the start, and those on their way. */
export interface SinkStats {
  readonly name: string;
  readonly delivered: number;
  readonly dropped: number;
  /** Events that are neither delivered nor dropped, including those that the sink is processing. */
  readonly waiting: number;
  /** Their bytes of JSON. */
  readonly waitingBytes: number;
  /** Events that were sent again after a failure. One that is sent three times counts twice. */
  readonly retried: number;
  /** Dropped events that are in the dead-letter file. */
  readonly deadLettered: number;
  /** Waiting events that are in the spool. */
  readonly spooled: number;
  readonly spooledBytes: number;
  /** Events that earlier processes left in the spool. They count as delivered, dropped or waiting as well. */
  readonly recovered: number;
  /** Whether the last attempt failed, or the present one takes too long. */
  readonly failing: boolean;
}
