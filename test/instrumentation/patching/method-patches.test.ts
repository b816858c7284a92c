import { describe, expect, it } from 'vitest';
import { type Method, MethodPatches } from '../../../src/instrumentation/patching/method-patches.js';

class Base {
  inherited(): string {
    return 'base';
  }
}

/** A class of its own for each test: patches change it. */
function makeClass() {
  return class Client extends Base {
    readonly calls: unknown[][] = [];

    create(first: unknown, second?: unknown): string {
      this.calls.push([first, second]);
      return 'created';
    }
  };
}

/** A wrapper that writes down when it runs. */
const noting =
  (notes: string[], note: string) =>
  (original: Method): Method =>
    function (this: unknown, ...args) {
      notes.push(note);
      return original.apply(this, args);
    };

describe('MethodPatches.apply', () => {
  it('runs the wrapper, which sees `this` and all arguments, and gives what it returns', () => {
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

  it('lets what the original throws pass', () => {
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

  it('keeps the name, the number of parameters, and how the property is listed', () => {
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

  it('wraps a method once, whoever asks for it again', () => {
    const Client = makeClass();
    const notes: string[] = [];
    const patches = new MethodPatches();
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'first'))).toBe('applied');
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'again'))).toBe('present');
    // Another instance stands for another copy of this package: the mark is a registered symbol.
    expect(new MethodPatches().apply(Client.prototype, 'create', noting(notes, 'copy'))).toBe('present');
    new Client().create(1);
    expect(notes).toEqual(['first']);
  });

  it('sees through a derived class that the method is wrapped already', () => {
    const Client = makeClass();
    class Derived extends Client {}
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting([], ''));
    expect(patches.apply(Derived.prototype, 'create', noting([], ''))).toBe('present');
  });

  it.each<[what: string, target: object]>([
    ['there is none', {}],
    ['it is no function', { create: 'now' }],
    ['it is null', { create: null }],
  ])('finds no method where %s, and changes nothing', (_what, target) => {
    const before = { ...target };
    expect(new MethodPatches().apply(target, 'create', noting([], ''))).toBe('missing');
    expect(target).toStrictEqual(before);
  });

  it('changes only the object that it is given', () => {
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
  it('puts back a method of the object itself, as it was', () => {
    const Client = makeClass();
    const before = Object.getOwnPropertyDescriptor(Client.prototype, 'create');
    const patches = new MethodPatches();
    patches.apply(Client.prototype, 'create', noting([], ''));
    expect(Object.getOwnPropertyDescriptor(Client.prototype, 'create')).not.toEqual(before);
    patches.restore();
    expect(Object.getOwnPropertyDescriptor(Client.prototype, 'create')).toEqual(before);
  });

  it('takes away what only stood before an inherited method', () => {
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

  it('leaves a call that is under way in peace', async () => {
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

  it('only passes on where somebody else has wrapped the wrapper', () => {
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

  it('can be followed by another apply, also on what somebody else has wrapped', () => {
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

  it('can be followed by another apply, also when somebody else put the inert wrapper back', () => {
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
    // They leave in their turn and restore what they had found.
    Client.prototype.create = first;
    expect(patches.apply(Client.prototype, 'create', noting(notes, 'second'))).toBe('applied');
    new Client().create(1);
    expect(notes).toEqual(['second']);
  });

  it('does nothing where nothing was wrapped, and nothing the second time', () => {
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
