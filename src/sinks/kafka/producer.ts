import type { ConnectionOptions } from 'node:tls';
import { loadInstalled, requireFile } from '../../installed-module.js';
import { asFunction, asRecord } from '../../json/readers.js';
import { PACKAGE_NAME } from '../../version.js';
import { withinTime } from '../attempt-time.js';

/** A `Producer` of `@platformatic/kafka`, by its shape. */
export interface KafkaProducer {
  send(request: {
    readonly messages: KafkaRecord[];
    readonly acks?: number;
    readonly compression?: KafkaCompression;
  }): Promise<unknown>;
}

/** A message as the producer takes it. */
export interface KafkaRecord {
  readonly topic: string;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** How the brokers know this client. */
export interface KafkaSasl {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  username?: string | (() => string | Promise<string>);
  password?: string | (() => string | Promise<string>);
  token?: string | (() => string | Promise<string>);
}

const PACKAGE = '@platformatic/kafka';
const USER = 'KafkaSink';

/** A producer and the function that gives it up, which never rejects. */
interface OwnedProducer {
  readonly producer: KafkaProducer;
  close(): Promise<void>;
}

export type MakeProducer = () => OwnedProducer;

interface ProducerOptions {
  readonly brokers: readonly string[];
  readonly idempotent: boolean;
  readonly clientId?: string;
  readonly sasl?: KafkaSasl;
  readonly tls?: boolean | ConnectionOptions;
}

/** A connection that hangs does not close. */
const CLOSE_MS = 2_000;

/**
 * The queue in front of the sink repeats, after longer pauses. Repetitions of the client are for a connection that had
 * been idle; with fewer than two, an idempotent producer (1.35) repeats without end.
 */
const RETRIES = { retries: 2, retryDelay: 100 };

/** @throws Error - if the package is not installed. */
export function requireKafka(): void {
  requireFile(PACKAGE, USER);
}

/**
 * Loads the package, and returns a function that makes producers.
 *
 * @throws Error - if it is another package, or a version without producers.
 */
export function loadKafka(options: ProducerOptions): MakeProducer {
  const Producer = asFunction(asRecord(loadInstalled(PACKAGE, USER))?.Producer);
  if (Producer === undefined) {
    throw new Error(`${PACKAGE_NAME}: KafkaSink: the installed ${PACKAGE} has no Producer; update it`);
  }
  return () => makeProducer(Producer, options);
}

function makeProducer(
  Producer: (...args: unknown[]) => unknown,
  { brokers, clientId = PACKAGE_NAME, idempotent, sasl, tls = false }: ProducerOptions,
): OwnedProducer {
  const producer: unknown = Reflect.construct(Producer, [
    {
      ...RETRIES,
      clientId,
      bootstrapBrokers: [...brokers],
      idempotent,
      ...(sasl !== undefined && { sasl }),
      ...(tls !== false && { tls: tls === true ? {} : tls }),
    },
  ]);
  const { send, on, close } = (producer ?? {}) as Readonly<Record<string, unknown>>;
  const listen = asFunction(on);
  // An `error` event without a listener ends the process.
  listen?.call(producer, 'error', () => {});
  listen?.call(producer, 'client:broker:connect', unref);
  return {
    producer: { send: async (request) => asFunction(send)?.call(producer, request) },
    close: async () => {
      try {
        await withinTime(undefined, CLOSE_MS, async () => asFunction(close)?.call(producer, true));
      } catch {
        // It is given up in any case.
      }
    },
  };
}

/** An idle connection must not keep the process alive. */
function unref(payload: unknown): void {
  const socket = asRecord(asRecord(asRecord(payload)?.connection)?.socket);
  asFunction(socket?.unref)?.call(socket);
}
