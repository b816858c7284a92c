/** Sessions in SQLite, as the Agents SDK and the routers use them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AgentInputItem } from '@openai/agents';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionStore } from '../../../examples/streaming-api/sessions/session-store.js';

let folder: string;
let store: SessionStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'session-store-'));
  store = open();
});

afterEach(async () => {
  vi.useRealTimers();
  store.close();
  await rm(folder, { recursive: true });
});

/** Another worker with the same file. */
function open(): SessionStore {
  return new SessionStore({ file: path.join(folder, 'test.db'), maxItems: 4 });
}

const user = (content: string): AgentInputItem => ({ role: 'user', content });
const call: AgentInputItem = { type: 'function_call', callId: '1', name: 'f', arguments: '{}' };
const result: AgentInputItem = {
  type: 'function_call_result',
  callId: '1',
  name: 'f',
  status: 'completed',
  output: 'x',
};

describe('A session', () => {
  it('has the items in the order in which they were added, and the newest with a limit', async () => {
    const session = store.session('a', 's');
    await session.addItems([user('1'), user('2')]);
    await session.addItems([user('3')]);
    expect(await session.getItems()).toEqual([user('1'), user('2'), user('3')]);
    expect(await session.getItems(2)).toEqual([user('2'), user('3')]);
    expect(await session.getItems(0)).toEqual([]);
    expect(await session.getSessionId()).toBe('s');
  });

  it('gives its newest item back, and takes it away', async () => {
    const session = store.session('a', 's');
    await session.addItems([user('1'), user('2')]);
    expect(await session.popItem()).toEqual(user('2'));
    expect(await session.getItems()).toEqual([user('1')]);
    await session.popItem();
    expect(await session.popItem()).toBeUndefined();
  });

  it('is empty when it is cleared, and is still there', async () => {
    const session = store.session('a', 's');
    await session.addItems([user('1')]);
    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
    expect(store.read('a', 's')).toMatchObject({ items: [] });
  });

  it('forgets its oldest turns, and never begins with the result of a call', async () => {
    const session = store.session('a', 's');
    await session.addItems([user('1'), call, result, user('2'), user('3')]);
    expect(await session.getItems()).toEqual([user('2'), user('3')]);
  });

  it('is seen by another worker, and survives the end of this one', async () => {
    await store.session('a', 's').addItems([user('1')]);
    const other = open();
    expect(other.read('a', 's')?.items).toEqual([user('1')]);
    await other.session('a', 's').addItems([user('2')]);
    other.close();
    expect(store.read('a', 's')?.items).toEqual([user('1'), user('2')]);
  });

  it('of another agent is another one', async () => {
    await store.session('a', 's').addItems([user('1')]);
    expect(store.read('b', 's')).toBeUndefined();
    expect(store.delete('b', 's')).toBe(false);
    expect(store.delete('a', 's')).toBe(true);
    expect(store.read('a', 's')).toBeUndefined();
  });

  it('keeps the run that waits in it, until it is deleted', () => {
    store.session('a', 's');
    const run = { state: '{}', approvals: [{ id: '1', tool: 'f', arguments: '{}', agent: 'a' }] };
    store.setPausedRun('a', 's', run);
    expect(store.pausedRun('a', 's')).toEqual(run);
    store.delete('a', 's');
    expect(store.pausedRun('a', 's')).toBeUndefined();
  });
});

describe('The lock of a session', () => {
  it('is held by one run in all workers', () => {
    const other = open();
    const lock = store.lock('a', 's');
    expect(lock).toBeDefined();
    expect(other.lock('a', 's')).toBeUndefined();
    expect(other.lock('a', 't')).toBeDefined();
    lock?.release();
    expect(other.lock('a', 's')).toBeDefined();
    other.close();
  });

  it('stays while its run goes on, however long that is', () => {
    vi.useFakeTimers();
    store.lock('a', 's');
    vi.advanceTimersByTime(60_000);
    expect(store.lock('a', 's')).toBeUndefined();
  });

  it('ends some time after its worker, and a late release does not end that of another', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    const late = store.lock('a', 's');
    // The timers of a worker that is gone do not run.
    vi.setSystemTime(Date.now() + 10_001);
    expect(store.lock('a', 's')).toBeDefined();
    late?.release();
    expect(store.lock('a', 's')).toBeUndefined();
  });
});
