import { inspect } from 'node:util';
import { className } from './observation.js';

/**
 * Matches the mark with which `util.inspect` of Node 26 shows that a function is a proxy. Code in the language cannot
 * see that. The replacement of a stream's `iterator` is a proxy: otherwise it would not be an async generator function.
 */
const PROXY = /Proxy\((\[[^\]]*\](?: \w+)?)\)/g;

/** Matches the properties that Node 20 adds to a promise while an `AsyncLocalStorage` is in use, with their values. */
const NODES_OWN =
  /,?\n( *)\[Symbol\((?:(?:trigger_)?async_id_symbol|kResourceStore)\)\]: .*(?:\n\1 .*)*(?:\n\1[}\]].*)?/g;

/** The key of such a property; there is one for each `AsyncLocalStorage` so far. */
const NODES_OWN_KEY = 'Symbol(kResourceStore)';

/** The shape of an object as code sees it: classes, keys, texts. */
export function shapeOf(value: object): unknown {
  const chain: string[] = [];
  for (let link = Object.getPrototypeOf(value); link !== null; link = Object.getPrototypeOf(link)) {
    chain.push(link.constructor?.name ?? 'null');
  }
  const enumerated: string[] = [];
  for (const name in value) enumerated.push(name);
  return {
    class: className(value),
    chain,
    tag: Object.prototype.toString.call(value),
    keys: Object.keys(value),
    enumerated,
    spread: Reflect.ownKeys({ ...value })
      .map(String)
      .filter((key) => key !== NODES_OWN_KEY),
    extensible: Object.isExtensible(value),
    frozen: Object.isFrozen(value),
    inspected: inspect(value).replace(NODES_OWN, '').replace(PROXY, '$1'),
    json: textOf(() => JSON.stringify(value)),
    cloneable: isCloneable(value),
  };
}

function textOf(make: () => string): unknown {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

/** Whether the value can be cloned. The error of a value that cannot quotes its functions' source, so it is left out. */
function isCloneable(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
