/** Fake timers of the application's tests neither stop nor fake the time of this package. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { splitComments } from '../../scripts/comments.mjs';
import { runFixture } from '../run-fixture.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('Every source file but the command line', () => {
  const DIRECT =
    /(?<![\w.#])(?:(?:set|clear)(?:Timeout|Interval|Immediate)|queueMicrotask)\b|process\.(?:nextTick|hrtime)|(?<![\w.])(?:Date\.now|new Date\(\)|performance\.(?:now|timeOrigin))|AbortSignal\.timeout|from '(?:node:)?timers/;

  it('takes time and timers from the clock', () => {
    const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/^(cli\/|clock\.ts|chaukas\/generated\/)/.test(file),
    );
    expect(files.length).toBeGreaterThan(100);
    const direct = files.filter((file) =>
      DIRECT.test(splitComments(readFileSync(path.join(ROOT, 'src', file), 'utf8')).code),
    );
    expect(direct).toEqual([]);
  });

  it.each(['x(setTimeout, 1)', 'Date.now()', 'new Date()', 'performance.now()', 'process.nextTick(x)'])(
    'is searched for %s',
    (code) => expect(DIRECT.test(code)).toBe(true),
  );
});

const report = (...args: string[]): unknown => {
  const child = runFixture(path.join(import.meta.dirname, 'fixtures/fake-timers.ts'), ...args);
  return child.stdout === '' ? child.stderr : JSON.parse(child.stdout);
};

const COMPLETE = {
  whileFaked: 1,
  flushed: 1,
  restored: 3,
  atEnd: 3,
  lost: 0,
  eventsDropped: 0,
  errors: 0,
  timestampsAreReal: true,
  idsAreReal: true,
};

// Each test starts a process that loads the package and its SDKs.
describe('An event stream', { timeout: 60_000 }, () => {
  it.each([
    ['nothing', 'after'],
    ['node:test', 'after'],
    ['globals', 'after'],
    ['the timers of Sinon', 'after'],
    ['the timers of Jest', 'after'],
    // Their originals can be found from the fakes.
    ['the timers of Sinon', 'before'],
    ['the timers of Jest', 'before'],
  ])('goes on with %s faked %s the package was loaded', (how, when) => {
    expect(report(how, when)).toEqual(COMPLETE);
  });

  it.each(['node:test', 'globals', 'the timers of Sinon', 'the timers of Jest'])(
    'ends in time with %s faked until the end',
    (how) => {
      expect(report(how, 'until the end')).toEqual({ ...COMPLETE, restored: 1, atEnd: 1 });
    },
  );

  // The originals are out of reach, so events wait for `forceFlush`.
  it('is delivered by forceFlush if the package was loaded with the timers of node:test faked', () => {
    expect(report('node:test', 'before')).toEqual({ ...COMPLETE, whileFaked: 0 });
  });
});

describe('The clock', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.resetModules();
  });

  it.each(['before', 'after'])('is real with the timers of Vitest faked %s it was loaded', async (when) => {
    vi.resetModules();
    const real = { now: Date.now, setTimeout, performance };
    const fake = () =>
      vi.useFakeTimers({
        now: 0,
        toFake: ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
      });
    if (when === 'before') fake();
    const clock = await import('../../src/clock.js');
    if (when === 'after') fake();
    expect([Date.now(), clock.isShared()]).toEqual([0, false]);
    expect(Math.abs(clock.now() - real.now())).toBeLessThan(1_000);
    expect(Date.parse(clock.isoTime())).toBeGreaterThan(1_000_000_000_000);
    const ticks = clock.ticks();
    await new Promise<void>((resolve) => clock.setImmediate(resolve));
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 1));
    expect(clock.ticks()).toBeGreaterThan(ticks);
    expect(clock.setTimeout).toBe(real.setTimeout);
    const interval = clock.setInterval(() => {}, 1);
    clock.clearInterval(interval);
    expect(vi.getTimerCount()).toBe(0);
  });
});
