import { type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { uuidv7 } from 'uuidv7';
import { toJsonObject } from '../../json/json.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, recordFailure } from '../../semconv/failure.js';
import { spanName } from '../../semconv/operations.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { withSessionId } from '../../spans/session-id.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import type { SessionOptions } from './session-options.js';

/** The span that stands for a session, from its start to its end, which comes once. */
export class SessionSpan {
  readonly id: string;
  /** In which whatever is started belongs to the session. */
  readonly context: Context;
  readonly #span: Span;
  #ended = false;

  constructor({ id = uuidv7(), name, metadata }: SessionOptions) {
    this.id = id;
    const parent = withSessionId(context.active(), id);
    const told = {
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && toJsonObject(metadata, 'metadata')),
    };
    this.#span = trace.getTracer(PACKAGE_NAME, PACKAGE_VERSION).startSpan(
      spanName('session', name),
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [semconv.ATTR_SESSION_ID]: id,
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: semconv.SPAN_TYPE_SESSION,
        },
      },
      Object.keys(told).length === 0 ? parent : withSpanStartDetails(parent, { session: { metadata: told } }),
    );
    this.context = trace.setSpan(parent, this.#span);
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    recordFailure(this.#span, describeFailure(error));
    this.end();
  }
}
