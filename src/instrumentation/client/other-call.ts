import { type Attributes, type Context, context, createContextKey, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { UnknownRecord } from '../../json/readers.js';
import type { RequestedRoute } from '../../openai-api/routes.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, isCallerAbort } from '../../semconv/failure.js';
import { SPAN_TYPE_REQUEST } from '../../semconv/operations.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import { setServer } from './endpoint.js';
import { HttpAttempts, maxAttempts } from './http-attempts.js';

const OTHER_CALL_KEY = createContextKey(`${PACKAGE_NAME} other call`);

/** The call whose request is being made. Without a context manager no context shows it. */
let starting: OtherCall | undefined;

/** Runs a method of the client that makes the request of a call. */
export function insideOtherCall<T>(call: OtherCall, action: () => T): T {
  const outer = starting;
  starting = call;
  try {
    return context.with(call.context, action);
  } finally {
    starting = outer;
  }
}

/** The call in whose context this client is sending a request; `undefined` if the active call is another client's. */
export function activeOtherCall(client: object): OtherCall | undefined {
  if (starting?.client === client) return starting;
  const call = context.active().getValue(OTHER_CALL_KEY) as OtherCall | undefined;
  return call?.client === client ? call : undefined;
}

/** The request of such a call. */
interface OtherRequest {
  /** The HTTP method. */
  readonly verb: string;
  /** `undefined` if the path is not known yet, or is none of the client's own methods. */
  readonly route: RequestedRoute | undefined;
  readonly options: unknown;
}

/**
 * A call of the client that calls no model: files, batches, models … It is over when its request was answered, since
 * its response is not read here. It makes no metrics and no audit events.
 *
 * Invariant: the span ends once, at the latest when the request chain settles.
 */
export class OtherCall {
  readonly context: Context;
  readonly attempts: HttpAttempts;
  readonly #span: RecordedSpan;
  #begun = false;

  constructor(
    telemetry: Telemetry,
    readonly client: UnknownRecord,
    { verb, route, options }: OtherRequest,
  ) {
    const active = context.active();
    const { name, attributes } = describeRequest(client, verb, route);
    this.#span = RecordedSpan.start(telemetry, { name, kind: SpanKind.CLIENT, attributes }, active);
    this.attempts = new HttpAttempts(this.#span, maxAttempts(client, options), false);
    this.context = this.#span.context.setValue(OTHER_CALL_KEY, this);
  }

  /** Whether the client has begun to send the request. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** The client makes a request. Returns `false` if the call had begun: this is another request, within it. */
  begin(): boolean {
    if (this.#begun) return false;
    this.#begun = true;
    return true;
  }

  /** Ends the call soon if no request has begun by then: the application has replaced what would send it. */
  expectRequest(): void {
    if (this.#begun) return;
    const check = clock.setImmediate(() => {
      if (!this.#begun) this.#end({ statusCode: undefined });
    });
    check.unref();
  }

  answered(): void {
    const statusCode = this.attempts.lastOutcome?.statusCode;
    this.#end({ statusCode });
  }

  fail(error: unknown): void {
    const cancelled = isCallerAbort(error);
    this.#end({
      statusCode: this.attempts.lastOutcome?.statusCode,
      ...(cancelled ? { cancelled } : { failure: describeFailure(error) }),
    });
  }

  #end({
    statusCode,
    ...end
  }: { statusCode: number | undefined } & Parameters<RecordedSpan['end']>[0]): void {
    if (this.#span.ended) return;
    if (statusCode !== undefined) {
      this.#span.span.setAttribute(semconv.ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
    }
    this.#span.end(end);
  }
}

/** The name has nothing of the path itself, which may hold ids or a secret. */
function describeRequest(
  client: UnknownRecord,
  verb: string,
  route: RequestedRoute | undefined,
): { name: string; attributes: Attributes } {
  const attributes: Attributes = {
    [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_REQUEST,
    [semconv.ATTR_HTTP_REQUEST_METHOD]: knownVerb(verb)?.toUpperCase(),
  };
  setIfDefined(attributes, semconv.ATTR_URL_TEMPLATE, route?.template);
  setServer(attributes, client);
  return { name: route?.name ?? `client.${knownVerb(verb) ?? 'request'}`, attributes };
}

const VERBS = ['get', 'post', 'put', 'patch', 'delete'];

function knownVerb(verb: string): string | undefined {
  return VERBS.find((known) => known === verb.toLowerCase());
}
