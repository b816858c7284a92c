import { type Context, propagation } from '@opentelemetry/api';
import { isRecord } from '../../json/readers.js';

/**
 * The arguments of a request with the trace in `params._meta` (SEP-414): `traceparent`, `tracestate`, `baggage`, or
 * what the application's propagators write. New objects: the application's own stay as they are. The same arguments
 * where there is nothing to add, where the application has put a trace there itself, or where `params` and `_meta`
 * are nothing that could take one.
 *
 * @param args - of the client's `request()`; the first one is `{ method, params }`.
 */
export function withTraceMeta(args: readonly unknown[], context: Context): readonly unknown[] {
  const [request, ...rest] = args;
  if (!isRecord(request)) return args;
  const { params = {} } = request;
  if (!isPlain(params)) return args;
  const { _meta: meta = {} } = params;
  if (!isPlain(meta) || meta.traceparent !== undefined) return args;

  const carrier: Record<string, string> = {};
  propagation.inject(context, carrier);
  if (Object.keys(carrier).length === 0) return args;
  return [{ ...request, params: { ...params, _meta: { ...carrier, ...meta } } }, ...rest];
}

/** Only such an object is the same when it is copied; another one may be written otherwise as JSON (`toJSON`). */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !('toJSON' in value);
}
