import { describe, expect, it } from 'vitest';
import { type Method, MethodPatches } from '../../../src/instrumentation/patching/method-patches.js';

class Base {
  inherited(): string {
    return 'base';
  }
}

/** Makes a new class for each test, because patches change it. */
function makeClass() {
  return class Client extends Base {
    readonly calls: unknown[][] = [];

    create(first: unknown, second?: unknown): string {
      this.calls.push([first, second]);
      return 'created';
    }
  };
}

/** A wrapper that records its calls. */
const noting =
  (notes: string[], note: string) =>
  (original: Method): Method =>
    function (this: unknown, ...args) {
      notes.push(note);
      return original.apply(this, args);
    };

describe('MethodPatches.apply', () => {
  it('runs the wrapper with `this` and all arguments and returns its result', () => {
    const Client = makeClass();
    const client = new Client();
    const seen: unknown[] = [];
    const outcome = new MethodPatches().apply(
      Client.prototype,
      'create',
      (original) =>
        function (this: unknown, ...args) {
          seen.push(this, args);
          return `${original.apply(this, args)}, wrapped`;
        },
    );
    expect(outcome).toBe('applied');
    expect(client.create('a', 'b')).toBe('created, wrapped');
    expect(seen).toEqual([client, ['a', 'b']]);
    expect(client.calls).toEqual([['a', 'b']]);
  });

  it('lets an error of the original pass', () => {
    const target = {
      fail() {
        throw new RangeError('no');
      },
    };
    const notes: string[] = [];
    new MethodPatches().apply(target, 'fail', noting(notes, 'wrapped'));
    expect(() => target.fail()).toThrow(RangeError);
    expect(notes).toEqual(['wrapped']);
  });

  it('keeps the name, the number of parameters and the enumerability', () => {
    const Client = makeClass();
    const listed = { own(_a: unknown, _b: unknown) {} };
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting([], ''));
    patches.apply(listed, 'own', noting([], ''));
    expect([Client.prototype.create.name, Client.prototype.create.length]).toEqual(['create', 2]);
    expect([listed.own.name, listed.own.length]).toEqual(['own', 2]);
    expect(Object.keys(Client.prototype)).toEqual([]);
    expect(Object.keys(listed)).toEqual(['own']);
  });

  it('finds its wrapper beneath one that keeps the method as `__original`', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting(notes, 'ours'));
    const beneath = Client.prototype.create;
    const other = function (this: InstanceType<typeof Client>, first: unknown) {
      notes.push('other');
      return beneath.call(this, first);
    };
    Client.prototype.create = Object.assign(other, { __original: beneath });
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'again'))).toBe('present');
    new Client().create('a');
    expect(notes).toEqual(['other', 'ours']);
    patches.restore();
    // The wrapper is still there, beneath the other one, but it is not in use.
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'anew'))).toBe('applied');
    new Client().create('a');
    expect(notes).toEqual(['other', 'ours', 'anew', 'other']);
  });

  it('wraps a method once, also for another instance', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'first'))).toBe('applied');
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'again'))).toBe('present');
    // Another instance stands for another copy of this package, since the table is found by a registered symbol.
    expect(new MethodPatches().apply(Client.prototype, 'create', noting(notes, 'copy'))).toBe('present');
    new Client().create(1);
    expect(notes).toEqual(['first']);
  });

  it('notices in a derived class that the method is wrapped already', () => {
    const Client = makeClass();
    class Derived extends Client {}
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting([], ''));
    expect(patches.apply(Derived.prototype, 'create', noting([], ''))).toBe('present');
  });

  it.each<[what: string, target: object]>([
    ['the target has none', {}],
    ['it is not a function', { create: 'now' }],
    ['it is null', { create: null }],
  ])('finds no method and changes nothing if %s', (_what, target) => {
    const before = { ...target };
    expect(new MethodPatches().apply(target, 'create', noting([], ''))).toBe('missing');
    expect(target).toStrictEqual(before);
  });

  it('changes only its target', () => {
    const Client = makeClass();
    const one = new Client();
    const notes: string[] = [];
    new MethodPatches().apply(one, 'create', noting(notes, 'one'));
    new Client().create(1);
    expect(notes).toEqual([]);
    one.create(1);
    expect(notes).toEqual(['one']);
  });
});

describe('MethodPatches.restore', () => {
  it('puts back an own method of the object', () => {
    const Client = makeClass();
    const before = Object.getOwnPropertyDescriptor(Client.prototype, 'create');
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting([], ''));
    expect(Object.getOwnPropertyDescriptor(Client.prototype, 'create')).not.toEqual(before);
    patches.restore();
    expect(Object.getOwnPropertyDescriptor(Client.prototype, 'create')).toEqual(before);
  });

  it('removes the wrapper of an inherited method', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'inherited', noting(notes, 'wrapped'));
    expect(new Client().inherited()).toBe('base');
    expect(new Base().inherited()).toBe('base');
    patches.restore();
    expect(Object.hasOwn(Client.prototype, 'inherited')).toBe(false);
    expect(new Client().inherited()).toBe('base');
    expect(notes).toEqual(['wrapped']);
  });

  it('puts back an accessor', () => {
    const target = {
      get create() {
        return () => 'created';
      },
    };
    const before = Object.getOwnPropertyDescriptor(target, 'create');
    const patches = new MethodPatches();
    const notes: string[] = [];
    expect(patches.apply(target, 'create', noting(notes, 'wrapped'))).toBe('applied');
    expect(target.create()).toBe('created');
    expect(notes).toEqual(['wrapped']);
    patches.restore();
    expect(Object.getOwnPropertyDescriptor(target, 'create')).toEqual(before);
  });

  it('puts back all methods of all objects', () => {
    const [One, Two] = [makeClass(), makeClass()];
    const originals = [One.prototype.create, Two.prototype.create];
    const patches = new MethodPatches();
    patches.apply(One.prototype, 'create', noting([], ''));
    patches.apply(Two.prototype, 'create', noting([], ''));
    patches.restore();
    expect([One.prototype.create, Two.prototype.create]).toEqual(originals);
  });

  it('does not disturb a call that is under way', async () => {
    let answer = (_value: string) => {};
    const target = { slow: () => new Promise<string>((resolve) => (answer = resolve)) };
    const patches = new MethodPatches();
    patches.apply(
      target,
      'slow',
      (original) =>
        async function (this: unknown, ...args) {
          return `${await original.apply(this, args)}, wrapped`;
        },
    );
    const call = target.slow();
    patches.restore();
    answer('done');
    expect(await call).toBe('done, wrapped');
  });

  it('leaves a wrapper that other code has wrapped, which only calls the original', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting(notes, 'ours'));
    const ours = Client.prototype.create;
    const theirs = function (this: InstanceType<typeof Client>, first: unknown, second?: unknown) {
      notes.push('theirs');
      return ours.call(this, first, second);
    };
    Client.prototype.create = theirs;

    patches.restore();
    expect(Client.prototype.create).toBe(theirs);
    const client = new Client();
    expect(client.create('a', 'b')).toBe('created');
    expect(client.calls).toEqual([['a', 'b']]);
    expect(notes).toEqual(['theirs']);
  });

  it('can be followed by another apply', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting(notes, 'first'));
    patches.restore();
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'second'))).toBe('applied');
    new Client().create(1);
    expect(notes).toEqual(['second']);
  });

  it('can be followed by another apply on a wrapper that other code has wrapped', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting(notes, 'first'));
    const first = Client.prototype.create;
    Client.prototype.create = function (...args) {
      notes.push('theirs');
      return first.apply(this, args);
    };
    patches.restore();
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'second'))).toBe('applied');
    new Client().create(1);
    expect(notes).toEqual(['second', 'theirs']);
  });

  it('can be followed by another apply after other code put the inert wrapper back', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting(notes, 'first'));
    const first = Client.prototype.create;
    Client.prototype.create = function (...args) {
      notes.push('theirs');
      return first.apply(this, args);
    };
    patches.restore();
    // The other code restores the method that it had found.
    Client.prototype.create = first;
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'second'))).toBe('applied');
    new Client().create(1);
    expect(notes).toEqual(['second']);
  });

  it('does nothing if no method is wrapped, or if it is called again', () => {
    const Client = makeClass();
    const patches = new MethodPatches();
    patches.restore();
    patches.apply(Client.prototype, 'create', noting([], ''));
    patches.restore();
    const theirs = () => 'theirs';
    Client.prototype.create = theirs;
    patches.restore();
    expect(Client.prototype.create).toBe(theirs);
  });
});
