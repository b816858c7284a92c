import { type Context, context, SpanKind, trace } from '@opentelemetry/api';
import { uuidv7 } from 'uuidv7';
import { toJsonObject } from '../../json/json.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure } from '../../semconv/failure.js';
import { spanName } from '../../semconv/operations.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { withSessionId } from '../../spans/session-id.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import type { SessionOptions } from './session-options.js';

/** The span of a session, which ends once. */
export class SessionSpan {
  readonly id: string;
  readonly #span: RecordedSpan;

  constructor({ id = uuidv7(), name, metadata }: SessionOptions) {
    this.id = id;
    const startMetadata = {
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && toJsonObject(metadata, 'metadata')),
    };
    this.#span = RecordedSpan.start(
      { tracer: trace.getTracer(PACKAGE_NAME, PACKAGE_VERSION) },
      {
        name: spanName('session', name),
        kind: SpanKind.INTERNAL,
        attributes: { [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: semconv.SPAN_TYPE_SESSION },
        details:
          Object.keys(startMetadata).length === 0 ? undefined : { session: { metadata: startMetadata } },
      },
      withSessionId(context.active(), id),
    );
  }

  /** The context in which whatever is started belongs to the session. */
  get context(): Context {
    return this.#span.context;
  }

  get ended(): boolean {
    return this.#span.ended;
  }

  end(): void {
    this.#span.end({});
  }

  fail(error: unknown): void {
    this.#span.end({ failure: describeFailure(error) });
  }
}
