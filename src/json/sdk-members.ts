/**
 * Reads members of objects whose classes an SDK defines and an application may derive from: agents, sessions, MCP
 * clients, transports. Only data is read, and what a getter gives that the SDK or the platform itself has defined.
 */
import { types } from 'node:util';
import { getterOf } from './own-data.js';
import type { UnknownRecord } from './readers.js';

/** Beyond this length a prototype chain is taken for unreadable. */
const MAX_PROTOTYPES = 16;

/** Getters and methods that run no code of the application. */
const trusted = new WeakSet<object>();

/** Trusts what the class of this prototype and its base classes define; call it with a class of an SDK. */
export function trustMembers(prototype: object | undefined): void {
  let level: object | null = prototype ?? null;
  while (level !== null && level !== Object.prototype) {
    for (const { get, value } of Object.values(Object.getOwnPropertyDescriptors(level))) {
      if (get !== undefined) trusted.add(get);
      if (typeof value === 'function') trusted.add(value as object);
    }
    level = Object.getPrototypeOf(level) as object | null;
  }
}

trustMembers(globalThis.AbortSignal?.prototype);
trustMembers(globalThis.DOMException?.prototype);

/**
 * Returns the value of a member, own or inherited; `undefined` if a getter of the application or a Proxy would have to
 * run for it.
 */
export function memberValue(object: unknown, name: string): unknown {
  return read(object, name, false);
}

/** Like {@link memberValue}, but past getters of derived classes: the SDK's own one has what the SDK goes by. */
export function sdkMemberValue(object: unknown, name: string): unknown {
  return read(object, name, true);
}

/** Returns the method of an SDK's class, past one in a derived class; `undefined` if there is none. */
export function sdkMethod(object: unknown, name: string): ((...args: unknown[]) => unknown) | undefined {
  const owner = chainOf(object).find((level) => {
    const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
    return typeof method === 'function' && trusted.has(method);
  });
  const method = owner && (Object.getOwnPropertyDescriptor(owner, name)?.value as (this: unknown) => unknown);
  return method && ((...args) => Reflect.apply(method, object, args));
}

function read(object: unknown, name: string, pastGetters: boolean): unknown {
  // The chain as in `chainOf`, without a list of it: the agents' hooks read some 200 members a run.
  if ((typeof object !== 'object' || object === null) && typeof object !== 'function') return undefined;
  let level: object | null = object;
  for (let depth = 0; level !== null && depth < MAX_PROTOTYPES && !types.isProxy(level); depth += 1) {
    if (Object.hasOwn(level, name)) {
      const getter = getterOf(level, name) as ((this: unknown) => unknown) | undefined;
      if (getter === undefined) return (level as UnknownRecord)[name];
      if (trusted.has(getter)) return valueOfGetter(getter, object);
      if (!pastGetters) return undefined;
    }
    level = Object.getPrototypeOf(level) as object | null;
  }
  return undefined;
}

/** The getter throws for an object that has only the prototype of its class. */
function valueOfGetter(get: (this: unknown) => unknown, object: unknown): unknown {
  try {
    return get.call(object);
  } catch {
    return undefined;
  }
}

/** Returns the object and its prototypes, up to one that could run code. */
function chainOf(object: unknown): readonly object[] {
  const chain: object[] = [];
  if ((typeof object !== 'object' || object === null) && typeof object !== 'function') return chain;
  let level: object | null = object;
  while (level !== null && chain.length < MAX_PROTOTYPES && !types.isProxy(level)) {
    chain.push(level);
    level = Object.getPrototypeOf(level) as object | null;
  }
  return chain;
}
