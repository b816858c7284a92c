import { describe, expect, it } from 'vitest';
import { MemorySink } from '../../src/sinks/memory-sink.js';
import { makeEvent } from '../delivery/make-event.js';

describe('MemorySink', () => {
  it('keeps the same event objects, oldest first', async () => {
    const sink = new MemorySink();
    const [first, second, third] = [makeEvent(1), makeEvent(2), makeEvent(3)];
    await sink.send([first, second]);
    await sink.send([third]);
    expect(sink.events).toHaveLength(3);
    for (const [index, event] of [first, second, third].entries()) expect(sink.events[index]).toBe(event);
  });

  it('does not keep the array of the batch, which belongs to the sender', async () => {
    const sink = new MemorySink();
    const batch = [makeEvent(1)];
    await sink.send(batch);
    batch.push(makeEvent(2));
    expect(sink.events).toHaveLength(1);
  });

  it('is empty after reset, which leaves arrays returned before unchanged', async () => {
    const sink = new MemorySink();
    await sink.send([makeEvent(1)]);
    const before = sink.events;
    sink.reset();
    expect(sink.events).toEqual([]);
    await sink.send([makeEvent(2)]);
    expect([before, sink.events]).toEqual([[makeEvent(1)], [makeEvent(2)]]);
  });

  it('keeps its events through any number of flushes and shutdowns', async () => {
    const sink = new MemorySink();
    await sink.send([makeEvent(1)]);
    for (let round = 0; round < 2; round += 1) {
      await sink.forceFlush();
      await sink.shutdown();
    }
    expect(sink.events).toEqual([makeEvent(1)]);
  });

  it('keeps CloudEvents apart from audit events, until it is reset', async () => {
    const sink = new MemorySink();
    const event = { specversion: '1.0', id: '1', source: '/s', type: 't' } as const;
    await sink.sendCloudEvents([event]);
    await sink.send([makeEvent(1)]);
    expect(sink.cloudEvents).toEqual([event]);
    expect(sink.events).toEqual([makeEvent(1)]);
    sink.reset();
    expect(sink.cloudEvents).toEqual([]);
  });

  it('has a name', () => {
    expect(new MemorySink().name).toBe('memory');
  });
});
