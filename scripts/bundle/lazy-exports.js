/**
 * What stands in a file of the package for the exports of a module that is loaded later. `scripts/bundle/lazy-modules.mjs`
 * puts it there.
 */

/**
 * Returns a function that loads its module when it is called.
 *
 * @param {string} name - of the export.
 * @param {() => object} load - returns the module's exports.
 */
export function lazyFunction(name, load) {
  return { [name]: (...args) => load()[name](...args) }[name];
}

/**
 * Returns a class that loads its module when its first instance is made. Its instances are made by the class of the
 * module, whose methods they inherit. It can be extended, and `instanceof` and its name are as usual.
 *
 * @param {string} name - of the export.
 * @param {() => object} load - returns the module's exports.
 * @param {readonly string[]} methods - their names, so that they can be read and replaced before.
 */
export function lazyClass(name, load, methods) {
  const { [name]: Lazy } = {
    [name]: class {
      constructor(...args) {
        // biome-ignore lint/correctness/noConstructorReturn: the instance is made by the class that is loaded here.
        return Reflect.construct(loaded(), args, new.target);
      }
    },
  };
  const { prototype } = Lazy;
  const early = new Map(
    methods.map((method) => [
      method,
      {
        [method](...args) {
          return loaded().prototype[method].apply(this, args);
        },
      }[method],
    ]),
  );
  for (const [method, value] of early)
    Object.defineProperty(prototype, method, { value, configurable: true, writable: true });

  let Class;
  function loaded() {
    if (Class !== undefined) return Class;
    Class = load()[name];
    // One that the application has replaced stays.
    for (const [method, value] of early) if (prototype[method] === value) delete prototype[method];
    Object.setPrototypeOf(prototype, Class.prototype);
    Object.setPrototypeOf(Lazy, Class);
    return Class;
  }
  return Lazy;
}
