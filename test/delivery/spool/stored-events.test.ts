/** The chains and streams that wait in a spool, so that the next process continues them. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSpool, segments, spoolDirectory } from './spool-harness.js';

const event = (session: string, hash: string, before: string, more = {}) =>
  JSON.stringify({
    content_hash: hash,
    event_id: `id-${hash}`,
    hash_prev: before,
    session_id: session,
    ...more,
  });
const start = (session: string, hash: string, streamId: string) =>
  event(session, hash, '', { metadata: { stream_id: streamId }, type: 'EVENT_TYPE_SESSION_START' });

describe('The stored events of a spool', () => {
  it('are none in a new folder, and none of its own', async () => {
    const { spool } = openSpool(spoolDirectory());
    await spool.append([start('s', 'a', 'stream')]);
    expect(spool.storedEvents()).toEqual({ chainHeads: new Map(), streams: [] });
  });

  it('are the ends of what earlier processes left, over all their files', async () => {
    const folder = spoolDirectory();
    // Segments of a line each.
    const small = { maxBytes: 1600 };
    const first = openSpool(folder, small);
    await first.spool.append([start('s', 'a', 'one'), event('s', 'b', 'a'), start('t', 'c', 'two')]);
    await first.spool.append([event('t', 'd', 'c')]);
    expect(segments(folder).length).toBeGreaterThan(1);
    // What is delivered and still in a file counts as well.
    const batch = await first.spool.read({ events: 1, bytes: 1 });
    if (batch !== undefined) await first.spool.acknowledge(batch);
    await first.spool.close();
    fs.appendFileSync(segments(folder).at(-1) ?? '', '{"session_id":"t","torn');
    const second = openSpool(folder, small);
    await second.spool.append([event('s', 'e', 'b')]);
    await second.spool.close();
    const { spool } = openSpool(folder, small);
    const { chainHeads, streams } = spool.storedEvents();
    expect(Object.fromEntries(chainHeads)).toEqual({
      s: { hash: 'e', count: expect.anything() },
      t: { hash: 'd', count: 2 },
    });
    expect(streams.map(({ streamId, eventId, closed }) => [streamId, eventId, closed])).toEqual([
      [expect.anything(), 'id-e', false],
      ['two', 'id-d', false],
    ]);
  });

  it('are still known after they are delivered', async () => {
    const folder = spoolDirectory();
    const first = openSpool(folder);
    await first.spool.append([start('s', 'a', 'one')]);
    await first.spool.close();
    const { spool } = openSpool(folder);
    const batch = await spool.read({ events: 9, bytes: 1e6 });
    if (batch !== undefined) await spool.acknowledge(batch);
    expect(spool.storedEvents().chainHeads.get('s')).toEqual({ hash: 'a', count: 1 });
  });

  it('survive lines that are no events', async () => {
    const folder = spoolDirectory();
    const first = openSpool(folder);
    await first.spool.append(['{"n":1}']);
    await first.spool.close();
    expect(openSpool(folder).spool.storedEvents()).toEqual({ chainHeads: new Map(), streams: [] });
  });
});
