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
 * Returns a class that loads its module when its first instance is made. Its instances are those of the module's class. It
 * can be extended, and `instanceof` and its name are as usual.
 *
 * @param {string} name - of the export.
 * @param {() => object} load - returns the module's exports.
 * @param {readonly string[]} methods - their names, so that they can be read and replaced before.
 */
export function lazyClass(name, load, methods) {
  // A function, since the property `prototype` of a class cannot be set.
  const { [name]: Lazy } = {
    [name]: function (...args) {
      if (new.target === undefined)
        throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
      const Class = loaded();
      return Reflect.construct(Class, args, new.target === Lazy ? Class : new.target);
    },
  };
  const early = Lazy.prototype;
  const forwarding = new Map(
    methods.map((method) => [
      method,
      {
        [method](...args) {
          return loaded().prototype[method].apply(this, args);
        },
      }[method],
    ]),
  );
  for (const [method, value] of forwarding)
    Object.defineProperty(early, method, { value, configurable: true, writable: true });

  let known;
  function loaded() {
    if (known !== undefined) return known;
    known = load()[name];
    // What the application has replaced or added stays. Classes that it has derived have the early prototype.
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(early))) {
      if (key === 'constructor') continue;
      if (property.value !== forwarding.get(key)) Object.defineProperty(known.prototype, key, property);
      delete early[key];
    }
    Object.defineProperty(known.prototype, 'constructor', {
      value: Lazy,
      configurable: true,
      writable: true,
    });
    Object.setPrototypeOf(early, known.prototype);
    Object.setPrototypeOf(Lazy, known);
    Lazy.prototype = known.prototype;
    return known;
  }
  return Lazy;
}
