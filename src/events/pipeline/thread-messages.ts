/** The messages between the application's thread and the thread of option `thread`, and the memory that they share. */
import type { MessagePort } from 'node:worker_threads';
import type { UnsealedEvent } from '../../chaukas/event.js';
import type { DropReport } from '../../delivery/dropped-items.js';
import type { JsonObject } from '../../json/json.js';
import type { SinkInThread } from '../../sinks/event-sink.js';
import type { CheckpointDetails } from '../sealing/checkpoint-options.js';
import type { PipelineConfig, PipelineStats, StreamCounts } from './event-pipeline.js';

/** The data of the thread when it starts. */
export interface ThreadStart {
  readonly port: MessagePort;
  readonly shared: SharedArrayBuffer;
  readonly config: Omit<PipelineConfig, 'sinks' | 'meterProvider'>;
  readonly sinks: readonly Omit<SinkInThread, 'handOver'>[];
  /** The program of the process, beside which packages are looked for. */
  readonly program: string | undefined;
}

/** Places in the shared memory. */
export const SHARED = {
  /** The number of events that the thread has sealed or lost, modulo 2^32. */
  done: 0,
  /** The number of orders with `now` that the thread has answered. */
  answered: 1,
  /** 1 if the thread has ended. */
  ended: 2,
  length: 3,
} as const;

/** Steps of a pipeline, and how their answers look. */
export interface ThreadAnswers {
  flush: undefined;
  sign: boolean;
  deliver: StreamCounts;
  end: undefined;
  shutdown: undefined;
  signNow: boolean;
  deliverNow: StreamCounts | undefined;
  endNow: undefined;
}

export type ThreadStep = keyof ThreadAnswers;

/** A message to the thread. */
export type ThreadOrder =
  /** `own` are the places of those that are checkpoints. */
  | { readonly type: 'events'; readonly events: readonly UnsealedEvent[]; readonly own: readonly number[] }
  | { readonly type: 'acceptAll' }
  | { readonly type: 'call'; readonly sink: number; readonly method: string }
  | {
      readonly type: 'step';
      readonly id: number;
      readonly step: ThreadStep;
      readonly timeoutMillis?: number | undefined;
      readonly closed?: boolean | undefined;
    };

/** A call of a method of `DeliveryRecorder`. */
export type RecorderCall =
  | readonly ['passedOn' | 'retried', count: number]
  | readonly ['rejected', count: number, reason: string]
  | readonly ['exported', count: number, seconds: number, errorType: string | undefined]
  | readonly ['stop'];

/** The state of the thread. */
export interface ThreadState extends PipelineStats {
  /** The number of events that it has got. */
  readonly received: number;
  /** For each sink, the number of events that it is processing. */
  readonly inFlight: readonly number[];
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'verbose';

/** A message of the thread. */
export type ThreadReport =
  | {
      readonly type: 'state';
      readonly state: ThreadState;
      /** Calls since the last report, each with its sink. */
      readonly calls: readonly (readonly [sink: number, call: RecorderCall])[];
    }
  /** The thread is idle. `orders` is the number of messages that it has got. */
  | { readonly type: 'idle'; readonly orders: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: ThreadAnswers[ThreadStep] }
  | { readonly type: 'checkpoint'; readonly metadata: JsonObject }
  | {
      readonly type: 'published';
      readonly note: string;
      readonly details: Omit<CheckpointDetails, 'verifierKey'>;
      readonly generatedKey: string | undefined;
    }
  | { readonly type: 'dropped'; readonly report: DropReport }
  | { readonly type: 'error'; readonly message: string; readonly error: string | undefined }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly own: boolean;
      readonly texts: readonly string[];
    };
