import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { observeBeside, observeOwnPromise } from '../../../src/instrumentation/patching/promise-observer.js';

let constructed = 0;
class Counted<T> extends Promise<T> {
  constructor(executor: ConstructorParameters<typeof Promise<T>>[0]) {
    super(executor);
    constructed += 1;
  }
}

const observed = () => {
  const seen: unknown[] = [];
  return {
    seen,
    resolved: (value: unknown) => seen.push(value),
    rejected: (error: unknown) => seen.push(error),
  };
};

describe('A promise of a class of the application', () => {
  it('is observed without running its constructor, and keeps its members', async () => {
    const observer = observed();
    const promise = new Counted<number>((resolve) => resolve(1));
    constructed = 0;
    observeBeside(promise, observer);
    expect(constructed).toBe(0);
    expect(Reflect.ownKeys(promise)).toEqual([]);
    expect(promise.constructor).toBe(Counted);
    await wait(1);
    expect(observer.seen).toEqual([1]);
  });

  it('stays unobserved if it is frozen', async () => {
    const observer = observed();
    observeBeside(Object.freeze(new Counted<number>((resolve) => resolve(1))), observer);
    await wait(1);
    expect(observer.seen).toEqual([]);
  });
});

describe("A promise of the application's own transport", () => {
  it('is observed when the application attaches its first handler, in a later turn as well', async () => {
    const observer = observed();
    const promise = Promise.resolve(1);
    observeOwnPromise(promise, observer, () => observer.seen.push('attached'));
    await wait(20);
    expect(observer.seen).toEqual([]);
    expect(await promise).toBe(1);
    expect(observer.seen).toEqual(['attached', 1]);
  });
});
