/**
 * Requests of the sinks that speak HTTP.
 *
 * - Node's `fetch` keeps connections open between requests if each answer is read to its end, so it is: up to a limit,
 *   because the endpoint decides on its length and its pace. The content of an accepted answer is of no interest.
 * - Redirects are not followed. They could lead the key and the events to another host.
 * - No request is part of a trace: the application's instrumentation of `fetch` would record each as a call of its own.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { withoutTracing } from '../../diagnostics/suppressed-tracing.js';
import { asRecord } from '../../json/readers.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import { withinTime } from '../attempt-time.js';
import { DeliveryError } from '../delivery-error.js';
import { answerError, type HttpAnswer, isSuccess, requestError } from './answer.js';

/** The options of `fetch` that a sink passes beside the address. */
export interface SinkRequest {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: ArrayBuffer;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/**
 * A function like `fetch`: that of Node, or one that adds what an application needs, such as its own certificates.
 *
 * ```ts
 * import { Agent, fetch } from 'undici';
 *
 * const dispatcher = new Agent({ connect: { ca: readFileSync('ca.pem') } });
 * new ChaukasApiSink({ endpoint, apiKey, fetch: (url, request) => fetch(url, { ...request, dispatcher }) });
 * ```
 */
export type SinkFetch = (url: string, request: SinkRequest) => Promise<SinkResponse>;

/** The members of a `Response` that a sink reads. */
export interface SinkResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/** Options of {@link HttpPoster}. */
export interface HttpPosterOptions {
  readonly fetch?: SinkFetch | undefined;
  /** Whether bodies are compressed. */
  readonly gzip?: boolean | undefined;
  /** Milliseconds of a request that its caller gave no signal for. */
  readonly timeoutMillis: number;
  /** Texts that must not be in a message. */
  readonly secrets: readonly string[];
}

/** One request. */
export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Whether the batch can be split if it was too large. */
  readonly divisible: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The application may replace `fetch` later, to test its own requests. */
const { fetch: globalFetch } = globalThis;
const compress = promisify(gzip);

/** Limits of what is read of an answer. Beyond them the connection is closed and opened again for the next request. */
const MAX_ANSWER_BYTES = 16_384;
const MAX_ANSWER_MS = 1_000;

/** Sends requests and judges their answers. */
export class HttpPoster {
  readonly #options: HttpPosterOptions;

  constructor(options: HttpPosterOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the endpoint has accepted the events.
   *
   * @throws DeliveryError - in every other case.
   */
  async post({ url, headers, body, divisible, signal }: HttpPost): Promise<void> {
    let isAccepted = false;
    const onStatus = (status: unknown) => {
      isAccepted = typeof status === 'number' && isSuccess(status);
    };
    try {
      await withinTime(signal, this.#options.timeoutMillis, (given) =>
        this.#post({ url, headers, body, divisible, signal: given }, onStatus),
      );
    } catch (error) {
      // The time was over while the rest of the answer was read.
      if (!isAccepted) throw error;
    }
  }

  async #post(
    { url, headers, body: content, divisible, signal }: HttpPost & { readonly signal: AbortSignal },
    onStatus: (status: unknown) => void,
  ): Promise<void> {
    const { fetch = globalFetch, secrets } = this.#options;
    let answer: HttpAnswer;
    try {
      const bytes = this.#options.gzip ? await compress(content) : Buffer.from(content);
      const request: SinkRequest = {
        method: 'POST',
        headers: {
          'user-agent': `${PACKAGE_NAME}/${PACKAGE_VERSION}`,
          ...(this.#options.gzip && { 'content-encoding': 'gzip' }),
          ...headers,
        },
        body: new Uint8Array(bytes).buffer,
        redirect: 'manual',
        signal,
      };
      const response = await withoutTracing(ROOT_CONTEXT, () => fetch(url, request));
      onStatus(asRecord(response)?.status);
      answer = await readAnswer(response);
    } catch (error) {
      throw error instanceof DeliveryError ? error : requestError(error);
    }
    const error = answerError(answer, { divisible, secrets });
    if (error !== undefined) throw error;
  }
}

/** A `fetch` of the application may return anything. */
async function readAnswer(response: SinkResponse): Promise<HttpAnswer> {
  const { status, type, headers, body } = asRecord(response) ?? {};
  if (typeof status !== 'number') {
    throw new DeliveryError('option "fetch" returned no response; it must return that of fetch', {
      outcome: 'retry',
    });
  }
  const header = (name: string) =>
    (headers instanceof Object ? response.headers.get(name) : null) ?? undefined;
  return {
    status,
    opaque: type === 'opaqueredirect',
    contentType: header('content-type') ?? '',
    retryAfter: header('retry-after'),
    date: header('date'),
    text: await beginningOf(body),
  };
}

/** Reads a body to its end, if that is near, and returns its beginning. A body that breaks off is one that ends. */
async function beginningOf(body: unknown): Promise<string> {
  if (!(body instanceof ReadableStream)) return '';
  const reader = (body as ReadableStream<unknown>).getReader();
  const stop = () => void reader.cancel().catch(() => {});
  const timer = clock.setTimeout(stop, MAX_ANSWER_MS).unref();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (!(part.value instanceof Uint8Array)) break;
      chunks.push(part.value);
      length += part.value.length;
      if (length > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status has come, and it says what has become of the events.
  } finally {
    clock.clearTimeout(timer);
    stop();
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES);
}
