/**
 * Reads objects of the application without running any code of theirs: no getter, `toJSON`, iterator or Proxy trap.
 * A property is read only once it is known to have no getter.
 */
import { types } from 'node:util';
import { type JsonValue, parseJson, toJsonValue } from './json.js';
import type { UnknownRecord } from './readers.js';

/** Beyond this length a prototype chain is taken for unreadable. */
const MAX_PROTOTYPES = 16;

/**
 * Views of the application's objects. A view is an ordinary object or list with the data properties that JSON has of
 * the original. The views of what is nested in it are made when they are read, so a large conversation costs nothing
 * until its messages are asked for.
 */
export class OwnData {
  /** The view that was made first, which is the only one of most requests: the rest of them is not looked at. */
  #first: object | undefined;
  #firstView: unknown;
  /** The other views. */
  #views: Map<object, unknown> | undefined;
  #complete = true;

  /**
   * Whether everything read so far was data. If not, what JSON has of the object is known only once it was serialised.
   */
  get complete(): boolean {
    return this.#complete;
  }

  /** Returns the view of an object, or of none if the value is not an object. */
  record(value: unknown): Record<string, unknown> {
    const view = this.view(value);
    return typeof view === 'object' && view !== null && !Array.isArray(view)
      ? (view as Record<string, unknown>)
      : {};
  }

  /** Returns a primitive itself, the view of an object, and `undefined` for what JSON leaves out or cannot be read. */
  view(value: unknown): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (value === this.#first) return this.#firstView;
    if (this.#views?.has(value)) return this.#views.get(value);
    // A view is known before its members are read, since an object may contain itself.
    if (types.isProxy(value)) return this.#unreadable();
    if (Array.isArray(value)) return this.#list(value);
    return this.#object(value);
  }

  #remember(value: object, view: unknown): void {
    if (this.#first === undefined) {
      this.#first = value;
      this.#firstView = view;
    } else {
      this.#views ??= new Map();
      this.#views.set(value, view);
    }
  }

  #unreadable(): undefined {
    this.#complete = false;
    return undefined;
  }

  #list(list: readonly unknown[]): unknown {
    const isOrdinary = Object.getPrototypeOf(list) === Array.prototype && !Object.hasOwn(list, 'toJSON');
    if (!isOrdinary && kindOf(list) === 'unreadable') return this.#unreadable();
    const view: unknown[] = [];
    this.#remember(list, view);
    for (let index = 0; index < list.length; index += 1) view.push(this.#entry(list, index));
    return view;
  }

  #entry(list: readonly unknown[], index: number): unknown {
    if (!Object.hasOwn(list, index)) return null;
    return getterOf(list, index) === undefined ? this.view(list[index]) : this.#unreadable();
  }

  #object(object: object): unknown {
    if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) return {};
    if (types.isDate(object) && isPlainDate(object)) return dateText(object);
    const kind = kindOf(object);
    if (kind === 'unreadable') return this.#unreadable();
    const view: Record<string, unknown> = {};
    this.#remember(object, view);
    // The names of `Object.keys` would be a list.
    for (const name in object) if (Object.hasOwn(object, name)) this.#addMember(view, object, name);
    if (kind === 'platform') addPlatformMembers(view, object);
    return view;
  }

  /** Returns `false` if the member needs a getter of its own. */
  #addShared(view: Record<string, unknown>, name: string, value: object): boolean {
    const getter = ViewWithNested.getterOf(name);
    if (getter === undefined) return false;
    const nested = ViewWithNested.nestedOf(view);
    if (nested === undefined) new ViewWithNested(view, new NestedValue(this, name, value));
    else if (!nested.append(name, value)) return false;
    Object.defineProperty(view, name, getter);
    return true;
  }

  /** On its own, since a function that makes a closure costs an object even if it makes none. */
  #addAlone(view: Record<string, unknown>, name: string, value: object): void {
    const get = () => this.view(value);
    Object.defineProperty(view, name, { get, enumerable: true, configurable: true });
  }

  #addMember(view: Record<string, unknown>, object: object, name: string): void {
    if (getterOf(object, name) !== undefined) {
      this.#unreadable();
      return;
    }
    const value: unknown = (object as Record<string, unknown>)[name];
    if (typeof value === 'object' && value !== null) {
      if (!this.#addShared(view, name, value)) this.#addAlone(view, name, value);
    } else if (typeof value !== 'function' && typeof value !== 'symbol') {
      defineData(view, name, value);
    }
  }
}

/** The objects and lists that are nested in one view: the first one, and a chain of the others. */
class NestedValue {
  readonly #own: OwnData;
  readonly #name: string;
  readonly #value: object;
  #next: NestedValue | undefined;

  constructor(own: OwnData, name: string, value: object) {
    this.#own = own;
    this.#name = name;
    this.#value = value;
    this.#next = undefined;
  }

  /** Returns `false` if there are too many to be looked through one by one. */
  append(name: string, value: object): boolean {
    let last: NestedValue = this;
    let count = 1;
    while (last.#next !== undefined) {
      last = last.#next;
      count += 1;
    }
    if (count === MAX_NESTED) return false;
    last.#next = new NestedValue(this.#own, name, value);
    return true;
  }

  view(name: string): unknown {
    for (let nested: NestedValue | undefined = this; nested !== undefined; nested = nested.#next) {
      if (nested.#name === name) return nested.#own.view(nested.#value);
    }
    return undefined;
  }
}

/** Larger than the number of nested members of a request. */
const MAX_NESTED = 16;
/** More names than the parameters of all APIs that are objects. */
const MAX_GETTERS = 512;

/** A base class whose constructor returns its argument, so that a subclass can add private fields to a view. */
const AdoptView = function (this: unknown, view: object) {
  return view;
} as unknown as new (
  view: object,
) => object;

/**
 * Ties a view to its nested values by a private field, so that all views share one getter for each name.
 *
 * Optimised by hand: with a getter of its own each view has a shape of its own, and V8 caches no access to its members.
 * Shared getters take 0.3 kB less a call, 3 % of what this package adds (`npm run bench:count -- --no-instructions`, Node
 * 20).
 */
class ViewWithNested extends AdoptView {
  static readonly #getters = new Map<string, PropertyDescriptor>();
  readonly #nested: NestedValue;

  constructor(view: object, nested: NestedValue) {
    super(view);
    this.#nested = nested;
  }

  static nestedOf(view: object): NestedValue | undefined {
    return #nested in view ? view.#nested : undefined;
  }

  /** Returns `undefined` if there are getters enough. */
  static getterOf(name: string): PropertyDescriptor | undefined {
    let getter = ViewWithNested.#getters.get(name);
    if (getter === undefined && ViewWithNested.#getters.size < MAX_GETTERS) {
      getter = {
        get(this: object) {
          return ViewWithNested.nestedOf(this)?.view(name);
        },
        enumerable: true,
        configurable: true,
      };
      ViewWithNested.#getters.set(name, getter);
    }
    return getter;
  }
}

/** Sets a member of a view, also one that the view has already or whose name is `__proto__`. */
export function defineData(view: object, name: string, value: unknown): void {
  if (name === '__proto__' || Object.hasOwn(view, name)) {
    Object.defineProperty(view, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (view as Record<string, unknown>)[name] = value;
  }
}

const lookupGetter = Reflect.get(Object.prototype, '__lookupGetter__') as (
  this: object,
  name: PropertyKey,
) => unknown;

/**
 * Returns the getter of a property that the object has as its own. Without one, reading the property runs no code.
 *
 * Optimised by hand: a property descriptor is an object of 96 bytes for each member of a request, and this look-up makes
 * none.
 */
export function getterOf(object: object, name: PropertyKey): unknown {
  return lookupGetter.call(object, name);
}

/** Returns the value of an own data property; `undefined` if there is none, or if code would have to run. */
export function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return undefined;
  return dataOf(value, name);
}

/** Like {@link ownValue}, for an object that is known to be no Proxy. */
function dataOf(object: object, name: PropertyKey): unknown {
  if (!Object.hasOwn(object, name) || getterOf(object, name) !== undefined) return undefined;
  return (object as Record<PropertyKey, unknown>)[name];
}

/** Whether the object has an own property of this name that holds a value. */
export function isOwnData(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  return 'value' in (Object.getOwnPropertyDescriptor(value, name) ?? {});
}

/** Returns the elements of a list that are data; none if the value is not a list, or is a Proxy. */
export function ownItems(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null || types.isProxy(value) || !Array.isArray(value)) return [];
  const items: unknown[] = [];
  for (let index = 0; index < value.length; index += 1) items.push(dataOf(value, index));
  return items;
}

/** Returns a copy as JSON of the data in a value; `undefined` if there is none, or if its JSON cannot be known. */
export function ownJson(value: unknown): JsonValue | undefined {
  const view = new OwnData().view(value);
  return view === undefined ? undefined : toJsonValue(view);
}

/** Parses a text of JSON, and copies the data of any other value like {@link ownJson}. */
export function parseOwnJson(value: unknown): JsonValue | undefined {
  return typeof value === 'string' ? parseJson(value) : ownJson(value);
}

const { toJSON: dateToJson, toISOString } = Date.prototype;

/** Whether the JSON of a date is its ISO text: the application has replaced no method of it. */
function isPlainDate(date: Date): boolean {
  return (
    Object.getPrototypeOf(date) === Date.prototype &&
    ownValue(Date.prototype, 'toJSON') === dateToJson &&
    ownValue(Date.prototype, 'toISOString') === toISOString &&
    !Object.hasOwn(date, 'toJSON') &&
    !Object.hasOwn(date, 'toISOString')
  );
}

/** JSON has null in the place of an invalid date. */
function dateText(date: Date): string | null {
  try {
    return toISOString.call(date);
  } catch {
    return null;
  }
}

/**
 * Whether an object holds nothing but data (`plain`), is one of the platform's files or answers (`platform`), or may
 * be something else in JSON than its members (`unreadable`): it has a `toJSON`, or a prototype that is a Proxy.
 */
function kindOf(object: object): 'plain' | 'platform' | 'unreadable' {
  if (types.isBoxedPrimitive(object) || Object.hasOwn(object, 'toJSON')) return 'unreadable';
  let isPlatform = false;
  let prototype: object | null = Object.getPrototypeOf(object) as object | null;
  for (let depth = 0; prototype !== null && prototype !== Object.prototype; depth += 1) {
    if (depth === MAX_PROTOTYPES || types.isProxy(prototype) || Object.hasOwn(prototype, 'toJSON')) {
      return 'unreadable';
    }
    isPlatform ||= platform().prototypes.has(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return isPlatform ? 'platform' : 'plain';
}

interface PlatformReaders {
  readonly prototypes: ReadonlySet<object>;
  readonly getters: readonly (readonly [name: string, read: (this: object) => unknown])[];
}

let platformReaders: PlatformReaders | undefined;

/**
 * Uploads have their name, size and type in getters of the platform's classes. They are called on an object directly,
 * past what a derived class has in their place. Looked up late, because the first look at `Response` loads `fetch`.
 */
function platform(): PlatformReaders {
  platformReaders ??= {
    prototypes: new Set<object>([Blob.prototype, Response.prototype]),
    getters: [
      ...gettersOf(Blob.prototype, 'size', 'type'),
      ...gettersOf(globalThis.File?.prototype, 'name'),
      ...gettersOf(Response.prototype, 'url'),
    ],
  };
  return platformReaders;
}

function gettersOf(
  prototype: object | undefined,
  ...names: readonly string[]
): PlatformReaders['getters'][number][] {
  if (prototype === undefined) return [];
  return names.flatMap((name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    return get === undefined ? [] : [[name, get] as const];
  });
}

function addPlatformMembers(view: Record<string, unknown>, object: object): void {
  for (const [name, read] of platform().getters) {
    try {
      const value = read.call(object);
      if (value !== undefined) defineData(view, name, value);
    } catch {
      // A getter of another class, or an object that has only the prototype.
    }
  }
}

/** A request with members that are arguments of their own, such as the id of a thread. */
export function withMembers(
  view: Record<string, unknown>,
  members: UnknownRecord | undefined,
): UnknownRecord {
  for (const name in members) defineData(view, name, members[name]);
  return view;
}
