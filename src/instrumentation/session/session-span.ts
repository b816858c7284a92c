import { type Context, context, SpanKind, trace } from '@opentelemetry/api';
import { uuidv7 } from 'uuidv7';
import { type OptionRules, optionsProblems, TEXT } from '../../options/option-rules.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, isCallerAbort } from '../../semconv/failure.js';
import { spanName } from '../../semconv/operations.js';
import { withApplicationContext } from '../../signals/application-context.js';
import { processTelemetry } from '../../spans/process-telemetry.js';
import { RecordedSpan, type RecordedSpanEnd } from '../../spans/recorded-span.js';
import { SessionCalls, withSessionCalls } from '../../spans/session-calls.js';
import { withSessionId } from '../../spans/session-id.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import {
  applicationContext,
  CONTEXT_RULES,
  type ContextOptions,
  metadataJson,
  ownOptions,
} from './with-context.js';

/** Options of {@link withSession} and {@link startSession}. */
export interface SessionOptions extends Omit<ContextOptions, 'metadata'> {
  /**
   * Identifier of the session: `session_id` of its events, `session.id` of its spans. Pass the identifier of an earlier
   * request to continue that session.
   *
   * @defaultValue a new UUIDv7
   */
  id?: string;
  /** Part of the span's name, so it must have a low cardinality. Also in the SESSION_START event. */
  name?: string;
  /** `metadata` of the SESSION_START event, as JSON of at most 8,192 characters. */
  metadata?: object;
}

const RULES: OptionRules<SessionOptions> = { id: TEXT, name: TEXT, ...CONTEXT_RULES };

/**
 * Reads the options without running a getter of them.
 *
 * @param caller - the function that the application called.
 * @param others - problems with its other arguments.
 * @throws TypeError - naming every option that is unknown or not accepted.
 */
export function readSessionOptions(
  options: unknown,
  caller: string,
  others: readonly string[] = [],
): SessionOptions {
  const given = ownOptions(options);
  const problems = [...optionsProblems(RULES, given, 'an object, e.g. { id, name }'), ...others];
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${caller}: ${problems.join('; ')}`);
  return given as SessionOptions;
}

/** The span of a session, which ends once. */
export class SessionSpan {
  readonly id: string;
  readonly #span: RecordedSpan;
  readonly #calls = new SessionCalls();

  /** @param options - as {@link readSessionOptions} returns them. */
  constructor({ id = uuidv7(), name, metadata, userId, tags }: SessionOptions) {
    this.id = id;
    const startMetadata = {
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && metadataJson(metadata)),
    };
    const around = withApplicationContext(context.active(), applicationContext({ userId, tags }));
    this.#span = RecordedSpan.start(
      // A session belongs to no instrumentation, whose options could let its span quote an error. Its events do.
      {
        tracer: trace.getTracer(PACKAGE_NAME, PACKAGE_VERSION),
        content: { onSpan: false, redaction: processTelemetry().content.redaction },
      },
      {
        name: spanName('session', name),
        kind: SpanKind.INTERNAL,
        attributes: { [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: semconv.SPAN_TYPE_SESSION },
        details:
          Object.keys(startMetadata).length === 0 ? undefined : { session: { metadata: startMetadata } },
      },
      withSessionCalls(withSessionId(around, id), this.#calls),
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
    this.#end({});
  }

  /** @param error - an abort by the application ends the session as cancelled. */
  fail(error: unknown): void {
    this.#end(isCallerAbort(error) ? { cancelled: true } : { failure: describeFailure(error) });
  }

  #end(end: RecordedSpanEnd): void {
    if (!this.#span.ended) this.#span.span.setAttributes(this.#calls.close());
    this.#span.end(end);
  }
}
