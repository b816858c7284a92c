import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { InfrastructureMetrics } from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';
import { PERSONAL_DATA_DETECTOR_NAMES } from '../redaction/detectors/index.js';
import { runningInstrumentations } from '../signals/running-instrumentations.js';
import type { InstrumentationSignal, RunningInstrumentation } from '../signals/signal.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import {
  type ChaukasSpanProcessorConfig,
  DEFAULT_MAX_QUEUE_SIZE,
  DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
} from './config.js';
import type { EventStream } from './event-stream.js';
import { newSpanId } from './ids.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { timestampOfMillis } from './spans/span-snapshot.js';

/** What is told in one session: when it was, in milliseconds since the epoch, and what. */
type Told = readonly [time: number, message: string, details: JsonObject];

/**
 * SYSTEM events of the process: when this stream and the instrumentations began and ended, in which versions and with
 * which configuration.
 *
 * They begin with the first event of the stream, and not with the processor: a process in which nothing happens says
 * nothing, and by then it is known what has been loaded.
 */
export class SystemEvents {
  readonly #stream: EventStream;
  readonly #sessions: SessionLedger;
  readonly #config: ChaukasSpanProcessorConfig;
  readonly #madeAt = Date.now();
  #started = false;

  constructor(stream: EventStream, sessions: SessionLedger, config: ChaukasSpanProcessorConfig) {
    this.#stream = stream;
    this.#sessions = sessions;
    this.#config = config;
  }

  started(): void {
    if (this.#started || this.#config.systemEvents === false) return;
    this.#started = true;
    const config = recordedConfig(this.#config);
    this.#tell([
      [this.#madeAt, 'event stream started', { versions: ownVersions(), config }],
      ...[...runningInstrumentations()].map(
        (running): Told => [running.startedAt, 'instrumentation started', describe(running)],
      ),
    ]);
  }

  instrumentation({ type, time, instrumentation }: InstrumentationSignal): void {
    // What was before the stream began is told by what runs then.
    if (!this.#started) return;
    const message =
      type === 'instrumentation.started' ? 'instrumentation started' : 'instrumentation stopped';
    this.#tell([[time, message, describe(instrumentation)]]);
  }

  stopped(reason: string): void {
    if (!this.#started) return;
    this.#started = false;
    this.#tell([[Date.now(), 'event stream stopped', { reason, versions: ownVersions() }]]);
  }

  /** Of a signed checkpoint, in the session of its key. */
  checkpoint(sessionId: string, timestamp: string, metadata: JsonObject): void {
    const session = this.#sessions.processSession(sessionId, timestamp);
    this.#stream.emit(
      { session, traceId: session.traceId, spanId: newSpanId(), parentSpanId: session.spanId },
      { type: 'EVENT_TYPE_SYSTEM', timestamp, metadata },
    );
  }

  #tell(all: readonly Told[]): void {
    const begin = Math.min(...all.map(([time]) => time));
    this.#sessions.inOwnSession(timestampOfMillis(begin), (session) => {
      for (const [time, message, details] of all) {
        this.#stream.emit(
          { session, traceId: session.traceId, spanId: newSpanId(), parentSpanId: session.spanId },
          {
            type: 'EVENT_TYPE_SYSTEM',
            timestamp: timestampOfMillis(time),
            metadata: { message, ...details },
          },
        );
      }
    });
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

/** What decides which events there are. Named one by one, so that no option gets here that may hold a secret. */
function recordedConfig(config: ChaukasSpanProcessorConfig): JsonObject {
  const { sinks, captureMessageContent, sessionIdleTimeoutMillis, maxQueueSize, toolEvents, redaction } =
    config;
  return {
    sinks: sinks.map(({ name }) => withoutSecrets(String(name ?? 'unnamed'))),
    captureMessageContent: captureMessageContent ?? true,
    sessionIdleTimeoutMillis: sessionIdleTimeoutMillis ?? DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS,
    maxQueueSize: maxQueueSize ?? DEFAULT_MAX_QUEUE_SIZE,
    redaction: redaction === false ? false : [...(redaction?.detectors ?? PERSONAL_DATA_DETECTOR_NAMES)],
    cost: config.cost !== false,
    checkpoints: config.checkpoints !== undefined,
    infrastructureMetrics: config.infrastructureMetrics ?? false,
    ...(toolEvents !== undefined && {
      toolEvents: Object.fromEntries(
        Object.entries(toolEvents).map(([target, patterns]) => [target, (patterns ?? []).map(String)]),
      ),
    }),
  };
}

/** A sink may have its address for a name, with what logs in there. */
function withoutSecrets(name: string): string {
  return maskSecrets(name)
    .replace(/\/\/[^/@\s]{1,200}@/g, '//')
    .replace(/\?\S*/g, '');
}

const BYTES_PER_MB = 1024 * 1024;
const MICROS_PER_MS = 1000;

/** Where the process runs, and what it has used so far. */
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

/** As platforms tell their processes: Kubernetes by a variable, Docker and Podman by a file. */
function resourceType(): NonNullable<InfrastructureMetrics['resource_type']> {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'pod';
  return ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file)) ? 'container' : 'host';
}
