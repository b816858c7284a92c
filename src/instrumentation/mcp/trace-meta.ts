import { types } from 'node:util';
import { type Context, propagation } from '@opentelemetry/api';
import { isRecord } from '../../json/readers.js';

/**
 * Returns the arguments of a request with the trace in `params._meta` (SEP-414): `traceparent`, `tracestate`,
 * `baggage`, or the fields of the application's propagators. The application's objects are copied and stay as they are.
 *
 * Returns the same arguments if there is nothing to add, if the application has put a trace there itself, or if
 * the request, `params` or `_meta` is not a plain object with nothing but data: copying it would run its getters.
 *
 * @param args - of the client's `request()`; the first one is `{ method, params }`.
 */
export function withTraceMeta(args: readonly unknown[], context: Context): readonly unknown[] {
  const [request, ...rest] = args;
  if (!isPlain(request)) return args;
  const { params = {} } = request;
  if (!isPlain(params)) return args;
  const { _meta: meta = {} } = params;
  if (!isPlain(meta) || meta.traceparent !== undefined) return args;

  const carrier: Record<string, string> = {};
  propagation.inject(context, carrier);
  if (Object.keys(carrier).length === 0) return args;
  return [{ ...request, params: { ...params, _meta: { ...carrier, ...meta } } }, ...rest];
}

/** Only a plain object stays the same when it is copied: another one may have a JSON form of its own (`toJSON`). */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (types.isProxy(value) || !isRecord(value)) return false;
  for (const key of Reflect.ownKeys(value)) {
    if (Object.getOwnPropertyDescriptor(value, key)?.get !== undefined) return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !('toJSON' in value);
}
