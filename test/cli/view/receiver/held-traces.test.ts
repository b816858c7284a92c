import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldTraces, MAX_HELD_BYTES, MAX_HELD_SPANS } from '../../../../src/cli/view/receiver/held-traces.js';
import type { ReceivedSpan } from '../../../../src/cli/view/receiver/received-span.js';

vi.mock('../../../../src/clock.js', () => import('../../../harness/global-clock.js'));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function span(traceId: string, spanId: string, parentSpanId?: string, isLocalRoot = false): ReceivedSpan {
  return {
    traceId,
    spanId,
    parentSpanId,
    isLocalRoot,
    start: 0n,
    end: 1n,
    snapshot: {
      name: spanId,
      startTime: [0, 0],
      endTime: [0, 1],
      status: { code: 0 },
      attributes: {},
      events: [],
      resource: { attributes: {} },
    },
  };
}

function holding() {
  const released: string[] = [];
  const traces = new HeldTraces(({ traceId, spans }) => {
    released.push(`${traceId}: ${[...spans.keys()].join(' ')}`);
  });
  return { traces, released };
}

describe('A trace', () => {
  it('is released a second after its root, with what came meanwhile', () => {
    const { traces, released } = holding();
    traces.addSpan(span('t', 'child', 'root'), 1);
    vi.advanceTimersByTime(5_000);
    traces.addSpan(span('t', 'root'), 1);
    vi.advanceTimersByTime(800);
    expect(released).toEqual([]);
    traces.addSpan(span('t', 'late', 'root'), 1);
    vi.advanceTimersByTime(800);
    expect(released).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(released).toEqual(['t: child root late']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits 3 seconds for the parent of a root that has one in another process', () => {
    const { traces, released } = holding();
    traces.addSpan(span('t', 'server', 'client', true), 1);
    vi.advanceTimersByTime(2_800);
    expect(released).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(released).toEqual(['t: server']);
  });

  it('without a root is released when nothing came for 8 seconds', () => {
    const { traces, released } = holding();
    traces.addSpan(span('t', 'a', 'root'), 1);
    vi.advanceTimersByTime(7_800);
    expect(released).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(released).toEqual(['t: a']);
  });

  it('that goes on is released after 30 seconds', () => {
    const { traces, released } = holding();
    for (let second = 0; second < 29; second += 1) {
      traces.addSpan(span('t', `s${second}`, 'root'), 1);
      vi.advanceTimersByTime(1_000);
    }
    expect(released).toEqual([]);
    traces.addSpan(span('t', 'last', 'root'), 1);
    vi.advanceTimersByTime(1_200);
    expect(released).toHaveLength(1);
  });

  it('that was discarded is not released', () => {
    const { traces, released } = holding();
    traces.addSpan(span('t', 'root'), 1);
    traces.discard('t');
    traces.releaseAll();
    expect(released).toEqual([]);
  });

  it('with log records only is forgotten', () => {
    const { traces, released } = holding();
    traces.addRecord({ traceId: 't', spanId: 's', event: { name: 'x', time: [0, 0] } }, 1);
    vi.advanceTimersByTime(10_000);
    expect(released).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('The oldest trace is released early', () => {
  it('if too many spans are held', () => {
    const { traces, released } = holding();
    traces.addSpan(span('old', 'a', 'root'), 1);
    for (let index = 0; index < MAX_HELD_SPANS; index += 1)
      traces.addSpan(span('new', `${index}`, 'root'), 1);
    expect(released).toEqual(['old: a']);
  });

  it('if they take too much memory', () => {
    const { traces, released } = holding();
    traces.addSpan(span('old', 'a', 'root'), MAX_HELD_BYTES);
    traces.addSpan(span('new', 'b', 'root'), 1);
    expect(released).toEqual(['old: a']);
  });
});
