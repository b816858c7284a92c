/** A value as the application sees it, as JSON: its class, its properties and their visibility. */
export type Observation = null | boolean | number | string | Observation[] | { [name: string]: Observation };

export function observe(value: unknown, within: readonly object[] = []): Observation {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : `‹${value}›`;
    case 'function':
      return `‹function ${value.name}/${value.length}›`;
    case 'object':
      if (value === null) return null;
      return within.includes(value) ? '‹itself›' : observeObject(value, [...within, value]);
    default:
      return `‹${String(value)}›`;
  }
}

export function className(value: object): string {
  return Object.getPrototypeOf(value)?.constructor?.name ?? 'null';
}

function observeObject(value: object, within: readonly object[]): Observation {
  if (Array.isArray(value)) return value.map((item) => observe(item, within));
  if (value instanceof Promise) return `‹${className(value)}›`;
  if (value instanceof Error) return observeError(value, within);
  if (value instanceof Headers) return Object.fromEntries(value);
  if (value instanceof Response) return observeResponse(value);
  if (value instanceof ArrayBuffer)
    return { '‹class›': 'ArrayBuffer', base64: base64(new Uint8Array(value)) };
  if (value instanceof Uint8Array) return { '‹class›': className(value), base64: base64(value) };
  const name = className(value);
  return { ...(name !== 'Object' && { '‹class›': name }), ...observeProperties(value, within) };
}

/** Non-enumerable properties are in brackets. `_request_id` is one and must stay one. */
function observeProperties(value: object, within: readonly object[]): Record<string, Observation> {
  return Object.fromEntries(
    Reflect.ownKeys(value).map((key) => {
      const shown = Object.getOwnPropertyDescriptor(value, key)?.enumerable ?? false;
      return [shown ? String(key) : `(${String(key)})`, observe(Reflect.get(value, key), within)];
    }),
  );
}

const ERROR_FIELDS = ['name', 'message', 'status', 'code', 'param', 'type', 'requestID', 'error', 'headers'];

/** Leaves out the stack. Of a cause it keeps only class and code, since the rest varies with the network. */
function observeError(error: Error, within: readonly object[]): Observation {
  const chain: string[] = [];
  for (let link: object | null = error; link !== null; link = Object.getPrototypeOf(link)) {
    if (link !== error) chain.push(link.constructor.name);
  }
  const fields = ERROR_FIELDS.filter((name) => name in error).map((name) => [
    name,
    observe(Reflect.get(error, name), within),
  ]);
  return {
    '‹classes›': chain.join(' < '),
    keys: Object.keys(error),
    ...Object.fromEntries(fields),
    ...('cause' in error && { cause: observe(error.cause, within) }),
  };
}

function observeResponse(response: Response): Observation {
  const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
  return {
    '‹class›': className(response),
    status,
    statusText,
    ok,
    type,
    url,
    redirected,
    bodyUsed,
    headers: Object.fromEntries(response.headers),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
