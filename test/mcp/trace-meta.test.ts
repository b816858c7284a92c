import { type Context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTraceMeta } from '../../src/instrumentation/mcp/trace-meta.js';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const traceparent = `00-${SPAN.traceId}-${SPAN.spanId}-01`;
const traced = trace.setSpanContext(ROOT_CONTEXT, SPAN);

beforeAll(() => {
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
});
afterAll(() => propagation.disable());

class Params {
  readonly name = 'add';
}

describe('what a request takes along', () => {
  it.each<[what: string, request: unknown, expected: unknown]>([
    ['without parameters', { method: 'm' }, { method: 'm', params: { _meta: { traceparent } } }],
    [
      'with parameters',
      { method: 'm', params: { name: 'add' } },
      { method: 'm', params: { name: 'add', _meta: { traceparent } } },
    ],
    [
      'with _meta of its own',
      { method: 'm', params: { _meta: { progressToken: 1 }, name: 'add' } },
      { method: 'm', params: { _meta: { traceparent, progressToken: 1 }, name: 'add' } },
    ],
    [
      'with a baggage of its own, which stays',
      { method: 'm', params: { _meta: { baggage: 'a=b' } } },
      { method: 'm', params: { _meta: { traceparent, baggage: 'a=b' } } },
    ],
    [
      'with parameters that have no prototype',
      { method: 'm', params: Object.assign(Object.create(null), { name: 'add' }) },
      { method: 'm', params: { name: 'add', _meta: { traceparent } } },
    ],
  ])('%s', (_what, request, expected) => {
    const before = structuredClone(request);
    const options = { timeout: 1 };
    const [sent, ...rest] = withTraceMeta([request, options], traced);
    expect(sent).toEqual(expected);
    expect(rest).toEqual([options]);
    expect(rest[0]).toBe(options);
    expect(request).toEqual(before);
  });

  it('is the trace state and the baggage, too', () => {
    const given = { traceparent, tracestate: 'vendor=1', baggage: 'tenant=acme' };
    const [sent] = withTraceMeta([{ method: 'm' }], propagation.extract(ROOT_CONTEXT, given));
    expect(sent).toEqual({ method: 'm', params: { _meta: given } });
  });
});

describe('the same arguments go on', () => {
  it.each<[what: string, request: unknown, context: Context]>([
    ['where there is no trace', { method: 'm' }, ROOT_CONTEXT],
    ['where the application put one there', { method: 'm', params: { _meta: { traceparent: 'x' } } }, traced],
    ['where the parameters are a class of their own', { method: 'm', params: new Params() }, traced],
    ['where the parameters write themselves', { method: 'm', params: { toJSON: () => ({ a: 1 }) } }, traced],
    ['where the parameters are a list', { method: 'm', params: [1] }, traced],
    ['where the parameters are null', { method: 'm', params: null }, traced],
    ['where _meta is no object', { method: 'm', params: { _meta: 'x' } }, traced],
    ['where there is no request', undefined, traced],
  ])('%s', (_what, request, context) => {
    const args = [request, { timeout: 1 }];
    expect(withTraceMeta(args, context)).toBe(args);
  });
});
