/** One server span and one log line per request, both over when the last byte of the answer is. */
import type { HttpBindings } from '@hono/node-server';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { activeIds, type Logger } from './logger.js';

/** The variables that every handler of a service has. */
export interface ServiceBindings {
  Bindings: HttpBindings;
  Variables: { requestId: string };
}

const tracer = trace.getTracer('example-service');

/**
 * The span has the stable HTTP conventions, and continues the caller's `traceparent`. The answer names the trace in
 * `x-trace-id`. Where `@opentelemetry/instrumentation-http` is installed, leave this out.
 */
export function traceRequests(logger: Logger): MiddlewareHandler<ServiceBindings> {
  return async (c, next) => {
    const started = performance.now();
    const { method, path } = c.req;
    const url = new URL(c.req.url);
    const parent = propagation.extract(context.active(), c.req.header());
    const attributes = {
      'http.request.method': method,
      'url.path': path,
      'url.scheme': url.protocol.slice(0, -1),
      'server.address': url.hostname,
      ...(url.port !== '' && { 'server.port': Number(url.port) }),
    };
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    const spanContext = trace.setSpan(parent, span);

    await context.with(spanContext, async () => {
      const { trace_id } = activeIds();
      if (trace_id !== undefined) c.header('x-trace-id', trace_id);
      await next();
    });

    const route = routePath(c, -1);
    const { status } = c.res;
    const finish = context.bind(spanContext, (finished: boolean) => {
      endSpan(span, method, route, status);
      const ms = Math.round(performance.now() - started);
      const entry = { request_id: c.get('requestId'), method, path, route, status, ms };
      logger.info(finished ? entry : { ...entry, client_left: true }, 'request');
    });
    // A streamed answer goes on after its handler. A client that has left gets none.
    const { outgoing } = c.env;
    if (outgoing.destroyed) finish(false);
    else outgoing.once('close', () => finish(outgoing.writableFinished));
  };
}

function endSpan(span: Span, method: string, route: string, status: number): void {
  span.updateName(`${method} ${route}`);
  span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
