/** Several processes on one folder: who lives, and who takes over what others have left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as realPause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  Heartbeats,
  ownerState,
  parseOwner,
  type SpoolOwner,
  thisProcess,
} from '../../../src/delivery/spool/owner.js';
import { ALL, drain, makeLines, openSpool, range, segments, spoolDirectory } from './spool-harness.js';

vi.mock('../../../src/clock.js', () => import('../../harness/global-clock.js'));

const own = thisProcess();

async function startProcess(): Promise<ChildProcess> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** The start of a process, as `/proc` has it. */
function startOf(pid: number): string {
  return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';
}

describe('The owner of a folder', () => {
  const withPid = (pid: number, started = '1'): SpoolOwner => ({ ...own, pid, started });

  it('is alive as this process, in whatever thread', () => {
    expect(ownerState(own, own)).toBe('alive');
  });

  it('is alive as another process, until it ends', async () => {
    const child = await startProcess();
    const owner = withPid(child.pid ?? 0, startOf(child.pid ?? 0));
    expect(ownerState(owner, own)).toBe('alive');
    child.kill('SIGSTOP');
    expect(ownerState(owner, own)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(ownerState(owner, own)).toBe('dead');
  });

  it('is dead as a zombie, whose parent does not look', async () => {
    const parent = spawn('bash', ['-c', 'sleep 0.05 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      parent.kill('SIGKILL');
    });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    const started = startOf(pid);
    await expect.poll(() => ownerState(withPid(pid, started), own)).toBe('dead');
    expect(fs.existsSync(`/proc/${pid}`)).toBe(true);
  });

  it('is dead if its pid belongs to a process that started at another time', async () => {
    const child = await startProcess();
    expect(ownerState(withPid(child.pid ?? 0), own)).toBe('dead');
    expect(ownerState(withPid(own.pid), own)).toBe('dead');
    // That of another user.
    expect(ownerState(withPid(1), own)).toBe('dead');
  });

  it.each<[what: string, owner: SpoolOwner | undefined]>([
    ['is on another host', { ...own, host: 'elsewhere' }],
    ['is in another container, even with the same pid', { ...own, space: 'another boot' }],
    ['does not say when it started', { ...own, started: '' }],
    ['has a damaged lock file', undefined],
  ])('is unknown if it %s', (_what, owner) => {
    expect(ownerState(owner, own)).toBe('unknown');
  });

  it.each([
    ['', undefined],
    ['{"pid":1', undefined],
    ['{"pid":0,"host":"a","space":"b","started":"c"}', undefined],
    ['{"pid":-1,"host":"a","space":"b","started":"c"}', undefined],
    ['{"pid":"1","host":"a","space":"b","started":"c"}', undefined],
    ['{"pid":1,"host":"a","space":"b"}', undefined],
    [JSON.stringify(own), own],
  ])('is read from the lock file %j', (text, owner) => {
    expect(parseOwner(text)).toEqual(owner);
  });
});

describe('A heartbeat', () => {
  const beats = (...looks: [beat: number, ownBeat: number, ticks: number][]) => {
    const heartbeats = new Heartbeats();
    return looks.map(([beat, ownBeat, ticks]) => heartbeats.isSilent('a', beat, ownBeat, ticks));
  };

  it.each<[what: string, looks: [number, number, number][], silent: boolean[]]>([
    [
      'that goes on is none that is missing',
      [
        [0, 0, 0],
        [50_000, 50_000, 50_000],
        [100_000, 100_000, 100_000],
      ],
      [false, false, false],
    ],
    [
      'that is old is watched for 15 seconds',
      [
        [0, 90_000, 0],
        [0, 104_000, 14_000],
        [0, 105_000, 15_000],
      ],
      [false, false, true],
    ],
    [
      'that stops is missing after a minute',
      [
        [1_000, 0, 0],
        [1_000, 59_000, 59_000],
        [1_000, 60_000, 60_000],
      ],
      [false, false, true],
    ],
    [
      'of a clock that was put back is watched for a minute',
      [
        [9e9, 0, 0],
        [9e9, 0, 59_000],
        [9e9, 0, 60_000],
      ],
      [false, false, true],
    ],
    [
      'goes on if the own clock jumps ahead',
      [
        [0, 9e9, 0],
        [5_000, 9e9, 14_999],
        [10_000, 9e9, 20_000],
      ],
      [false, false, false],
    ],
  ])('%s', (_what, looks, silent) => {
    expect(beats(...looks)).toEqual(silent);
  });

  it('is forgotten with its folder', () => {
    const heartbeats = new Heartbeats();
    heartbeats.isSilent('a', 0, 90_000, 0);
    heartbeats.keepOnly(new Set(['b']));
    expect(heartbeats.isSilent('a', 0, 90_000, 60_000)).toBe(false);
  });
});

/** Leaves five records, as a process that was killed does. Returns the folder of that process. */
async function leave(folder: string, owner: SpoolOwner, first = 0): Promise<string> {
  const others = fs.existsSync(folder) ? segments(folder) : [];
  const { spool } = openSpool(folder);
  await spool.append(makeLines(first, 5));
  const file = segments(folder).find((name) => !others.includes(name)) ?? '';
  const left = path.dirname(file);
  // The spool of this process looks for it there no more.
  const hidden = `${folder}-hidden`;
  fs.renameSync(left, hidden);
  await spool.close();
  fs.mkdirSync(path.dirname(left), { recursive: true });
  fs.renameSync(hidden, left);
  fs.writeFileSync(path.join(left, 'lock'), JSON.stringify(owner));
  return left;
}

describe('A spool takes over at its start', () => {
  it.each<[what: string, owner: () => Promise<SpoolOwner> | SpoolOwner]>([
    [
      'whose pid no process has',
      async () => {
        const child = await startProcess();
        const owner = { ...own, pid: child.pid ?? 0, started: startOf(child.pid ?? 0) };
        child.kill('SIGKILL');
        await once(child, 'exit');
        return owner;
      },
    ],
    [
      'whose pid another process has',
      async () => ({ ...own, pid: (await startProcess()).pid ?? 0, started: '1' }),
    ],
    ['whose pid is its own', () => ({ ...own, started: '1' })],
  ])('the events of a process %s', async (_what, owner) => {
    const folder = spoolDirectory();
    await leave(folder, await owner());
    const { spool } = openSpool(folder);
    await spool.append(makeLines(5, 2));
    expect(await drain(spool)).toEqual(range(0, 7));
  });

  it('those of several processes, the oldest first, and before its own', async () => {
    const folder = spoolDirectory();
    for (const first of [0, 5, 10]) await leave(folder, { ...own, started: '1' }, first);
    const { spool } = openSpool(folder);
    await spool.append(makeLines(15, 5));
    expect(await drain(spool)).toEqual(range(0, 20));
  });

  it('what a process had taken over itself', async () => {
    const folder = spoolDirectory();
    await leave(folder, { ...own, started: '1' });
    const second = openSpool(folder);
    const batch = await second.spool.read({ events: 2, bytes: 1e6 });
    if (batch !== undefined) await second.spool.acknowledge(batch);
    await second.spool.append(makeLines(5, 2));
    await second.spool.close();
    const third = openSpool(folder);
    await third.spool.append(makeLines(7, 1));
    await third.spool.close();
    const fourth = openSpool(folder);
    expect(await drain(fourth.spool)).toEqual(range(2, 6));
    await fourth.spool.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('not those of a spool that is open, in this process or another one', async () => {
    const folder = spoolDirectory();
    const child = await startProcess();
    await leave(folder, { ...own, pid: child.pid ?? 0, started: startOf(child.pid ?? 0) });
    const other = openSpool(folder);
    await other.spool.append(makeLines(10, 3));
    const { spool } = openSpool(folder);
    expect(await spool.read(ALL)).toBeUndefined();
    expect(segments(folder)).toHaveLength(2);
    expect(await drain(other.spool)).toEqual(range(10, 3));
  });

  it('not those for another sink', async () => {
    const folder = spoolDirectory();
    await leave(folder, { ...own, started: '1' });
    const { spool } = openSpool(folder, {}, 'kafka events');
    expect(await spool.read(ALL)).toBeUndefined();
    expect(segments(folder)).toHaveLength(1);
  });
});

describe('As time goes by, a spool', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets time pass in steps of a second, and the disk keep up. */
  async function pass(seconds: number, eachSecond: (second: number) => void = () => {}): Promise<void> {
    for (let second = 1; second <= seconds; second += 1) {
      eachSecond(second);
      await vi.advanceTimersByTimeAsync(1_000);
      // While a spool does its chores, its timer does not run.
      do await realPause(2);
      while (vi.getTimerCount() === 0);
    }
  }

  const elsewhere: SpoolOwner = { ...own, host: 'elsewhere' };

  it('takes over from a process of this machine within 20 seconds after its end, and says so', async () => {
    const folder = spoolDirectory();
    const child = await startProcess();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(9, 1));
    await leave(folder, { ...own, pid: child.pid ?? 0, started: startOf(child.pid ?? 0) });
    const onTakeOver = vi.fn();
    spool.onTakeOver = onTakeOver;
    await pass(60);
    expect(onTakeOver).not.toHaveBeenCalled();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await pass(20);
    expect(onTakeOver).toHaveBeenCalledOnce();
    expect(await drain(spool)).toEqual([...range(0, 5), 9]);
  });

  it('takes over what does not fit beside its own events, if its sink takes those', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder, { maxBytes: 640 });
    await spool.append(makeLines(100, 6));
    await leave(folder, { ...own, started: '1' });
    // Eleven lines; ten fit.
    await pass(40);
    expect(spool.waiting).toBe(6);
    for (let taken = 0; taken < 5; taken += 1) {
      const batch = await spool.read({ events: 1, bytes: 1e6 });
      if (batch !== undefined) await spool.acknowledge(batch);
    }
    await pass(20);
    expect(spool.waiting).toBe(6);
    expect(await drain(spool)).toEqual([...range(0, 5), 105]);
  });

  it('deletes a folder that a killed process was making', async () => {
    const folder = spoolDirectory();
    const left = await leave(folder, { ...own, started: '1' });
    const incomplete = (name: string) => path.join(path.dirname(left), `.${name}`);
    for (const [name, age] of [
      ['0mwzzzzzz-1-00000000', 120],
      ['0mwzzzzzz-1-00000001', 0],
    ] as const) {
      fs.mkdirSync(incomplete(name));
      fs.utimesSync(incomplete(name), Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
    openSpool(folder);
    expect(fs.existsSync(incomplete('0mwzzzzzz-1-00000000'))).toBe(false);
    expect(fs.existsSync(incomplete('0mwzzzzzz-1-00000001'))).toBe(true);
  });

  it('takes over from another host whose last heartbeat is old, after it has watched it', async () => {
    const folder = spoolDirectory();
    const left = await leave(folder, elsewhere);
    const past = Date.now() / 1000 - 120;
    fs.utimesSync(path.join(left, 'lock'), past, past);
    const { spool } = openSpool(folder);
    await spool.append(makeLines(5, 1));
    await pass(14);
    expect(spool.waiting).toBe(1);
    await pass(25);
    expect(await drain(spool)).toEqual(range(0, 6));
  });

  it('takes over from another host after a minute without a heartbeat', async () => {
    const folder = spoolDirectory();
    await leave(folder, elsewhere);
    const { spool } = openSpool(folder);
    await pass(55);
    expect(await spool.read(ALL)).toBeUndefined();
    await pass(35);
    expect(await drain(spool)).toEqual(range(0, 5));
  });

  it.each([
    ['another host', elsewhere],
    ['another container with the same pid', { ...own, space: 'another', started: '1' }],
  ])('leaves a process of %s alone that has a heartbeat', async (_what, owner) => {
    const folder = spoolDirectory();
    const left = await leave(folder, owner);
    const { spool } = openSpool(folder);
    await pass(200, (second) => {
      if (second % 5 === 0) fs.writeFileSync(path.join(left, 'lock'), JSON.stringify(owner));
    });
    expect(await spool.read(ALL)).toBeUndefined();
    expect(segments(left)).toHaveLength(1);
  });

  it('has a heartbeat itself', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 1));
    const lock = path.join(path.dirname(segments(folder)[0] ?? ''), 'lock');
    fs.utimesSync(lock, 0, 0);
    await pass(6);
    expect(fs.statSync(lock).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(parseOwner(fs.readFileSync(lock, 'utf8'))).toEqual(own);
  });

  it('lets go of events that another host has taken over, because it was silent', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 5));
    const batch = await spool.read({ events: 2, bytes: 1e6 });
    const mine = path.dirname(segments(folder)[0] ?? '');
    const theirs = path.join(path.dirname(mine), '0mwzzzzzz-1-00000000');
    fs.mkdirSync(theirs);
    fs.writeFileSync(path.join(theirs, 'lock'), JSON.stringify(elsewhere));
    fs.renameSync(mine, `${theirs}~${path.basename(mine)}`);
    await pass(6);
    expect(spool.waiting).toBe(0);
    if (batch !== undefined) await spool.acknowledge(batch);
    expect(await spool.read(ALL)).toBeUndefined();
    expect(await spool.append(makeLines(5, 1))).toBe(1);
    expect(await drain(spool)).toEqual([5]);
    expect(segments(`${theirs}~${path.basename(mine)}`)).toHaveLength(1);
    expect(spool.torn).toBe(0);
  });

  it('looks whether it still has its folder before it writes after a long silence', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 5));
    const mine = path.dirname(segments(folder)[0] ?? '');
    const theirs = path.join(path.dirname(mine), '0mwzzzzzz-1-00000000');
    fs.mkdirSync(theirs);
    fs.writeFileSync(path.join(theirs, 'lock'), JSON.stringify(elsewhere));
    fs.renameSync(mine, `${theirs}~${path.basename(mine)}`);
    // No timer runs while the process is stopped.
    const stopped = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 90_000);
    expect(await spool.append(makeLines(5, 1))).toBe(1);
    stopped.mockRestore();
    expect(await drain(spool)).toEqual([5]);
  });
});
