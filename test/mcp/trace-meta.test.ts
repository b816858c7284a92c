import { type Context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTraceMeta } from '../../src/instrumentation/mcp/mcp-hooks.js';

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

describe('A request gets the trace', () => {
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

  it('with the trace state and the baggage', () => {
    const carried = { traceparent, tracestate: 'vendor=1', baggage: 'tenant=acme' };
    const [sent] = withTraceMeta([{ method: 'm' }], propagation.extract(ROOT_CONTEXT, carried));
    expect(sent).toEqual({ method: 'm', params: { _meta: carried } });
  });
});

describe('The arguments stay the same', () => {
  it.each<[what: string, request: unknown, context: Context]>([
    ['if there is no trace', { method: 'm' }, ROOT_CONTEXT],
    [
      'if the application put a trace there',
      { method: 'm', params: { _meta: { traceparent: 'x' } } },
      traced,
    ],
    ['if the parameters are an instance of a class', { method: 'm', params: new Params() }, traced],
    ['if the parameters have a toJSON()', { method: 'm', params: { toJSON: () => ({ a: 1 }) } }, traced],
    ['if the parameters are a list', { method: 'm', params: [1] }, traced],
    ['if the parameters are null', { method: 'm', params: null }, traced],
    ['if _meta is not an object', { method: 'm', params: { _meta: 'x' } }, traced],
    ['if there is no request', undefined, traced],
  ])('%s', (_what, request, context) => {
    const args = [request, { timeout: 1 }];
    expect(withTraceMeta(args, context)).toBe(args);
  });
});
