import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { Logger } from '@opentelemetry/api-logs';
import type { Guard } from '../diagnostics/guard.js';
import * as semconv from '../semconv/attributes.js';
import type { ContentCapture } from './content-policy.js';
import type { Instruments } from './metrics/instruments.js';
import { getSessionId } from './session-id.js';

/** What the hooks need of whoever installed them. Asked for each time: providers and options may be replaced. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly logger: Logger;
  /** `undefined` where nobody collects metrics. */
  readonly instruments: Instruments | undefined;
  readonly content: ContentCapture;
  readonly guard: Guard;
}

/** Starts a span as each of this package's is: with the session that the application opened around it. */
export function startSpan(
  { tracer }: Pick<Telemetry, 'tracer'>,
  name: string,
  options: SpanOptions,
  parent: Context,
): Span {
  const sessionId = getSessionId(parent);
  if (sessionId === undefined) return tracer.startSpan(name, options, parent);
  return tracer.startSpan(
    name,
    { ...options, attributes: { ...options.attributes, [semconv.ATTR_SESSION_ID]: sessionId } },
    parent,
  );
}
