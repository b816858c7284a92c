/**
 * Values that an application may put into a request, by mistake or on purpose. They are recipes in plain data, so that
 * a failing case can be read. Each run makes new values, because some of them remember that they were read.
 */
import fc from 'fast-check';

export type Recipe =
  | { readonly json: unknown }
  | { readonly oddity: string }
  | { readonly list: readonly Recipe[] }
  | { readonly members: readonly (readonly [name: string, value: Recipe])[]; readonly as: Holder };

/** The kinds of object that hold members. */
type Holder = 'literal' | 'no prototype' | 'instance' | 'getters' | 'proxy' | 'frozen';

/** Member names with a meaning for readers of requests, and some with a meaning for JavaScript. */
const MEMBER_NAMES = [
  'type',
  'role',
  'content',
  'text',
  'name',
  'id',
  'tool_calls',
  'function',
  'arguments',
  'image_url',
  'input_audio',
  'file',
  'url',
  'data',
  'parameters',
  'tools',
  'output',
  'call_id',
  'variables',
  'effort',
  'version',
  'path',
  'size',
  'format',
  'toJSON',
  'then',
  'length',
  'constructor',
  '__proto__',
] as const;

/** Names that the client does not know, so that it fails at none that it need not send. */
const UNSENT = MEMBER_NAMES.filter((name) => !['toJSON', 'then', 'constructor', '__proto__'].includes(name));

class Instance {}

class LyingList extends Array<unknown> {
  override filter(): never {
    return fail();
  }
  override map(): never {
    return fail();
  }
  override flatMap(): never {
    return fail();
  }
  override includes(): never {
    return fail();
  }
  override [Symbol.iterator](): never {
    return fail();
  }
}

function fail(): never {
  throw new RangeError('not to be touched');
}

/** A proxy whose traps all throw. */
function closed<Target extends object>(target: Target): Target {
  const traps = Object.fromEntries(Reflect.ownKeys(Reflect).map((trap) => [trap, fail]));
  return new Proxy(target, traps);
}

function revoked<Target extends object>(target: Target): Target {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

function withOwn(target: object, name: string, descriptor: PropertyDescriptor): object {
  return Object.defineProperty(target, name, { enumerable: true, configurable: true, ...descriptor });
}

function circularObject(): object {
  const circle: Record<string, unknown> = { type: 'text', text: 'round' };
  circle.content = circle;
  return circle;
}

function circularList(): unknown[] {
  const circle: unknown[] = [{ role: 'user', content: 'round' }];
  circle.push(circle);
  return circle;
}

export const ODDITIES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  'minus zero': () => -0,
  'a huge number': () => 1e308,
  'a BigInt': () => 2n ** 70n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => 1,
  'a class': () => Instance,
  'the empty string': () => '',
  'a megabyte of text': () => 'Paris is the capital. '.repeat(50_000),
  'half a surrogate pair': () => 'a\ud800b',
  'a megabyte in a data URL': () => `data:image/png;base64,${'iVBO'.repeat(250_000)}`,
  'a date': () => new Date(0),
  'a date that is none': () => new Date(Number.NaN),
  'a Map': () => new Map([['role', 'user']]),
  'a Set': () => new Set(['user']),
  'a WeakMap': () => new WeakMap(),
  'a typed array': () => new Float32Array([1, 2, 3]),
  'a BigInt array': () => new BigInt64Array(2),
  'a Buffer': () => Buffer.from('bytes'),
  'an ArrayBuffer': () => new ArrayBuffer(8),
  'a boxed string': () => Object('boxed'),
  'a boxed number': () => Object(5),
  'a boxed BigInt': () => Object(5n),
  'a regular expression': () => /./g,
  'an error': () => new TypeError('an error as a value'),
  'a promise': () => Promise.resolve('later'),
  // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable.
  'what looks like a promise': () => ({ then: fail }),
  'a URL': () => new URL('https://example.com/picture.png'),
  'a file': () => new File(['sound'], 'call.wav', { type: 'audio/wav' }),
  'a generator': () =>
    (function* () {
      yield 1;
    })(),
  'a circular object': circularObject,
  'a circular list': circularList,
  'a list with holes': () => Object.assign(new Array(3), { 1: { role: 'user', content: 'x' } }),
  'a list with methods of its own': () =>
    Object.assign(['one', { role: 'user', content: 'x' }], {
      map: fail,
      filter: fail,
      flatMap: fail,
      includes: fail,
      [Symbol.iterator]: fail,
    }),
  'a list of a derived class': () => LyingList.of<unknown>('one', { role: 'user', content: 'x' }),
  'a list that makes lists of another kind': () =>
    Object.defineProperty(['one', 'two'], 'constructor', { get: fail }),
  'a hundred levels of objects': () => nested(100, (content) => ({ type: 'text', content })),
  'a thousand levels of lists': () => nested(1000, (inner) => [inner]),
  'levels without end': () => nested(20_000, (inner) => ({ inner })),
  'a getter that throws': () => withOwn({ type: 'text' }, 'text', { get: fail }),
  'getters that throw, out of sight': () =>
    UNSENT.reduce((holder, name) => withOwn(holder, name, { get: fail, enumerable: false }), {}),
  'inherited getters that throw': () =>
    Object.create(UNSENT.reduce((holder, name) => withOwn(holder, name, { get: fail }), {})),
  'toJSON that throws': () => ({ toJSON: fail }),
  'toJSON that gives another value': () => ({ toJSON: () => ({ role: 'user', content: 'another' }) }),
  'toJSON that gives nothing': () => ({ toJSON: () => undefined }),
  'a list with toJSON': () => Object.assign(['shown'], { toJSON: () => 'hidden' }),
  'a text that cannot be had': () => ({ toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail }),
  'a class that cannot be told': () =>
    Object.defineProperties({}, { constructor: { get: fail }, [Symbol.toStringTag]: { get: fail } }),
  'a closed object': () => closed({ type: 'text', text: 'x' }),
  'a closed list': () => closed([1]),
  'a closed function': () => closed(() => 1),
  'a revoked object': () => revoked({}),
  'a revoked list': () => revoked([]),
  'a revoked function': () => revoked(() => 1),
  'its own __proto__': () => JSON.parse('{ "__proto__": { "model": "polluted" }, "type": "text" }'),
  'its own constructor': () =>
    JSON.parse('{ "constructor": { "prototype": { "a": 1 } }, "type": "constructor" }'),
};

/** Values of which a test cannot use many, because they take long. */
export const MEGABYTES: readonly string[] = ['a megabyte of text', 'a megabyte in a data URL'];

const HOLDERS: Readonly<Record<Holder, (members: readonly (readonly [string, unknown])[]) => object>> = {
  literal: (members) => Object.fromEntries(members),
  'no prototype': (members) => addTo(Object.create(null), members),
  instance: (members) => addTo(new Instance(), members),
  getters: (members) =>
    members.reduce((target, [name, value]) => withOwn(target, name, { get: () => value }), {}),
  proxy: (members) => new Proxy(Object.fromEntries(members), {}),
  frozen: (members) => Object.freeze(Object.fromEntries(members)),
};

function addTo(target: object, members: readonly (readonly [string, unknown])[]): object {
  return members.reduce((holder, [name, value]) => withOwn(holder, name, { value, writable: true }), target);
}

export function make(recipe: Recipe): unknown {
  if ('json' in recipe) return structuredClone(recipe.json);
  if ('oddity' in recipe) return ODDITIES[recipe.oddity]?.();
  if ('list' in recipe) return recipe.list.map(make);
  return HOLDERS[recipe.as](recipe.members.map(([name, value]) => [name, make(value)]));
}

/** Values of `type` and `role` for which a reader reads more members. */
const WORDS = [
  'user',
  'assistant',
  'tool',
  'text',
  'input_text',
  'image_url',
  'input_image',
  'input_audio',
  'file',
  'input_file',
  'message',
  'function',
  'function_call',
  'function_call_output',
  'mcp_call',
  'reasoning',
  'json_schema',
  'data:,',
  '{"a":',
  'constructor',
  '__proto__',
] as const;

const plain = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

const { recipe } = fc.letrec<{ recipe: Recipe }>((tie) => ({
  recipe: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: fc.record({ oddity: fc.constantFrom(...Object.keys(ODDITIES)) }) },
    { weight: 2, arbitrary: fc.record({ json: plain }) },
    { weight: 1, arbitrary: fc.record({ list: fc.array(tie('recipe'), { maxLength: 4 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        members: fc.uniqueArray(fc.tuple(fc.constantFrom(...MEMBER_NAMES), tie('recipe')), {
          selector: ([name]) => name,
          maxLength: 5,
        }),
        as: fc.constantFrom(...(Object.keys(HOLDERS) as Holder[])),
      }),
    },
  ),
}));

export const hostileValue: fc.Arbitrary<Recipe> = recipe;
