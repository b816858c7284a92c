import { inspect } from 'node:util';
import { className } from './observation.js';

/**
 * `util.inspect` of Node 26 says of a function that it is a proxy, as nothing else can tell: not to code that asks the
 * language. What stands for a stream's `iterator` is one, because only so it is an async generator function to it.
 */
const PROXY = /Proxy\((\[[^\]]*\](?: \w+)?)\)/g;

/** What Node 20 itself hangs on a promise while an AsyncLocalStorage is in use, with the lines of its value. */
const NODES_OWN =
  /,?\n( *)\[Symbol\((?:(?:trigger_)?async_id_symbol|kResourceStore)\)\]: .*(?:\n\1 .*)*(?:\n\1[}\]].*)?/g;

/** One for each AsyncLocalStorage that there has been. */
const NODES_OWN_KEY = 'Symbol(kResourceStore)';

/** How an object shows itself to code that looks at it: classes, keys, texts. */
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

/** The error of one that is not quotes the code of its functions, which is nobody's business. */
function isCloneable(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
