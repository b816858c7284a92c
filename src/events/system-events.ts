import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { InfrastructureMetrics } from '../chaukas/event.js';
import * as clock from '../clock.js';
import type { DropReport } from '../delivery/dropped-items.js';
import { newSpanId } from '../ids.js';
import type { JsonObject } from '../json/json.js';
import { PERSONAL_DATA_DETECTOR_NAMES } from '../redaction/detectors/index.js';
import { runningInstrumentations } from '../signals/running-instrumentations.js';
import type { InstrumentationSignal, RunningInstrumentation } from '../signals/signal.js';
import { sinkNames } from '../sinks/event-sink.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import {
  type ChaukasSpanProcessorConfig,
  DEFAULT_MAX_QUEUE_BYTES,
  DEFAULT_MAX_QUEUE_SIZE,
  DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
} from './config.js';
import { DEFAULT_FOREIGN_SPANS } from './foreign-spans.js';
import { DEFAULT_REQUEST_MESSAGES } from './sealing/request-messages.js';
import type { EventSession } from './sessions/session.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { timestampOfMillis } from './spans/span-snapshot.js';

/** The time is in milliseconds since the epoch. */
type Notice = readonly [time: number, message: string, details: JsonObject];

/** The facts in the END of the stream besides its counts. */
interface StreamEnd {
  readonly reason: StreamEndReason;
  /** Whether nothing is missing that would prove the end of the stream: `false` if its last signature is. */
  readonly closed: boolean;
  readonly sinks: readonly SinkCounts[];
}

export type StreamEndReason = 'shutdown' | 'process exit';

/** The events that one sink got, and those that it did not take. */
export interface SinkCounts {
  readonly name: string;
  readonly delivered: number;
  readonly dropped: number;
  /** Events that wait in the spool for the next process. */
  readonly spooled?: number;
}

/**
 * The session of the stream itself, and the SYSTEM events in it: when the stream and the instrumentations started and
 * stopped, with their versions and their configuration, and the checkpoints.
 *
 * The session opens before the first event of the stream and ends after the last. A processor that sees nothing has no
 * stream. The first event is not made before something happens, and the loaded modules are known by then.
 */
export class SystemEvents {
  readonly #sessions: SessionLedger;
  readonly #config: ChaukasSpanProcessorConfig;
  readonly #madeAt = clock.now();
  #session: EventSession | undefined;

  constructor(sessions: SessionLedger, config: ChaukasSpanProcessorConfig) {
    this.#sessions = sessions;
    this.#config = config;
  }

  /** Opens the stream. */
  started(): void {
    if (this.#session !== undefined) return;
    const running = [...runningInstrumentations()];
    const start = Math.min(this.#madeAt, ...running.map(({ startedAt }) => startedAt));
    this.#session = this.#sessions.startStream(timestampOfMillis(start));
    this.#notice([
      this.#madeAt,
      'event stream started',
      { versions: ownVersions(), config: recordedConfig(this.#config) },
    ]);
    for (const one of running) this.#notice([one.startedAt, 'instrumentation started', describe(one)]);
  }

  instrumentation({ type, time, instrumentation }: InstrumentationSignal): void {
    const message =
      type === 'instrumentation.started' ? 'instrumentation started' : 'instrumentation stopped';
    // `started` reports the instrumentations that are running by then.
    this.#notice([time, message, describe(instrumentation)]);
  }

  stopped(reason: StreamEndReason): void {
    this.#notice([clock.now(), 'event stream stopped', { reason, versions: ownVersions() }]);
  }

  /** Emits a checkpoint. It is part of the stream even if `systemEvents` is `false`. */
  checkpoint(metadata: JsonObject): void {
    this.#emit(timestampOfMillis(clock.now()), metadata);
  }

  /**
   * Emits that a sink did not get some of the events, so that a gap in its copy of the stream has its reason even if the
   * END is never written. It is part of the stream even if `systemEvents` is `false`.
   */
  dropped({ destination, dropped, from, to, reasons }: DropReport): void {
    this.#emit(timestampOfMillis(clock.now()), {
      message: 'events dropped',
      sink: destination,
      dropped,
      from: timestampOfMillis(from),
      to: timestampOfMillis(to),
      reasons: { ...reasons },
    });
  }

  /** Ends the stream, if it was opened. The sealer adds the counts and the hash of all events. */
  ended({ reason, closed, sinks }: StreamEnd): void {
    if (this.#session === undefined) return;
    this.#sessions.endStream(this.#session, {
      closed,
      reason,
      sinks: sinks.map((counts) => ({ ...counts })),
    });
  }

  #notice([time, message, details]: Notice): void {
    if (this.#config.systemEvents !== false) this.#emit(timestampOfMillis(time), { message, ...details });
  }

  #emit(timestamp: string, metadata: JsonObject): void {
    const session = this.#session;
    if (session === undefined || session.ended) return;
    const { traceId, spanId } = session;
    this.#sessions.emit(
      session,
      { traceId, spanId: newSpanId(), parentSpanId: spanId },
      { type: 'EVENT_TYPE_SYSTEM', timestamp, metadata },
    );
  }
}

function ownVersions(): JsonObject {
  return { [PACKAGE_NAME]: PACKAGE_VERSION, node: process.versions.node };
}

function describe({ version, config, modules }: RunningInstrumentation): JsonObject {
  return {
    versions: { [PACKAGE_NAME]: version, node: process.versions.node, ...Object.fromEntries(modules) },
    config,
  };
}

/** Returns the options that decide which events there are. They are listed by name, because others may hold secrets. */
function recordedConfig(config: ChaukasSpanProcessorConfig): JsonObject {
  const { sinks, captureMessageContent, sessionIdleTimeoutMillis, maxQueueSize, toolEvents, redaction } =
    config;
  return {
    sinks: sinkNames(sinks),
    captureMessageContent: captureMessageContent ?? true,
    sessionIdleTimeoutMillis: sessionIdleTimeoutMillis ?? DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
    maxQueueSize: maxQueueSize ?? DEFAULT_MAX_QUEUE_SIZE,
    maxQueueBytes: config.maxQueueBytes ?? DEFAULT_MAX_QUEUE_BYTES,
    spool: config.spool !== undefined,
    deadLetter: config.deadLetter !== undefined || config.spool !== undefined,
    redaction: redaction === false ? false : [...(redaction?.detectors ?? PERSONAL_DATA_DETECTOR_NAMES)],
    cost: config.cost !== false,
    checkpoints: config.checkpoints !== undefined,
    retryDetection: config.retryDetection !== false,
    foreignSpans: config.foreignSpans ?? DEFAULT_FOREIGN_SPANS,
    requestMessages: config.requestMessages ?? DEFAULT_REQUEST_MESSAGES,
    infrastructureMetrics: config.infrastructureMetrics ?? false,
    ...(toolEvents !== undefined && {
      toolEvents: Object.fromEntries(
        Object.entries(toolEvents).map(([target, patterns]) => [target, (patterns ?? []).map(String)]),
      ),
    }),
  };
}

const BYTES_PER_MB = 1024 * 1024;
const MICROS_PER_MS = 1000;

/** Returns where the process runs and the resources it has used so far. */
export function infrastructureMetrics(): InfrastructureMetrics {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    host: hostname(),
    metrics: {
      cpu_system_ms: system / MICROS_PER_MS,
      cpu_user_ms: user / MICROS_PER_MS,
      heap_used_mb: heapUsed / BYTES_PER_MB,
      memory_rss_mb: rss / BYTES_PER_MB,
      uptime_ms: process.uptime() * 1000,
    },
    process_id: process.pid,
    resource_type: resourceType(),
    thread_id: String(threadId),
  };
}

/** Recognises Kubernetes by an environment variable, Docker and Podman by a file. */
function resourceType(): NonNullable<InfrastructureMetrics['resource_type']> {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'pod';
  return ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file)) ? 'container' : 'host';
}
