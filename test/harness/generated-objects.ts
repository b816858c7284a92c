/** Objects of an application that note each read of them, in all the ways in which an object can be read. */
import fc from 'fast-check';

/** A Proxy that notes each trap. */
export function noting<T extends object>(target: T, notes: string[]): T {
  const traps = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'] as const;
  const handler = Object.fromEntries(
    traps.map((trap) => [
      trap,
      (...args: unknown[]) => {
        notes.push(`${trap} ${trap === 'ownKeys' || trap === 'getPrototypeOf' ? '' : String(args[1])}`);
        return (Reflect[trap] as (...all: unknown[]) => unknown)(...args);
      },
    ]),
  );
  return new Proxy(target, handler);
}

/** How an object behaves, from which it is made anew for each run of a property. */
export type Kind =
  | 'plain'
  | 'getter'
  | 'proxy'
  | 'toJSON'
  | 'frozen'
  | 'null-prototype'
  | 'symbol'
  | 'class'
  | 'throws';

class Holder {}

export function made(kind: Kind, members: Record<string, unknown>, notes: string[]): object {
  switch (kind) {
    case 'getter':
    case 'throws': {
      const object = {};
      for (const [name, value] of Object.entries(members)) {
        const get = () => {
          notes.push(name);
          if (kind === 'throws' && notes.length > 2) throw new RangeError(`read ${notes.length}`);
          return value;
        };
        Object.defineProperty(object, name, { get, enumerable: true });
      }
      return object;
    }
    case 'proxy':
      return noting(members, notes);
    case 'toJSON':
      return {
        ...members,
        toJSON(key: string) {
          notes.push(`toJSON ${key}`);
          return { ...members, serialised: notes.length };
        },
      };
    case 'frozen':
      return Object.freeze({ ...members });
    case 'null-prototype':
      return Object.assign(Object.create(null) as object, members);
    case 'symbol':
      return { ...members, [Symbol('s')]: 1, value: Symbol('v'), run: () => 1 };
    case 'class':
      return Object.assign(new Holder(), members);
    default:
      return { ...members };
  }
}

export const kind = fc.constantFrom<Kind>(
  'plain',
  'getter',
  'proxy',
  'toJSON',
  'frozen',
  'null-prototype',
  'symbol',
  'class',
  'throws',
);
export const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
