import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endNote, parseCheckpoint, textHash } from '../../../src/chaukas/transparency-log/checkpoint-note.js';
import { MerkleTree } from '../../../src/chaukas/transparency-log/merkle-tree.js';
import { parseNote } from '../../../src/chaukas/transparency-log/signed-note.js';
import {
  formatVerifierKey,
  verifierKeyOf,
  verifyNote,
} from '../../../src/chaukas/transparency-log/verifier-key.js';
import { Guard } from '../../../src/diagnostics/guard.js';
import type { CheckpointOptions, CheckpointSigner } from '../../../src/events/sealing/checkpoint-options.js';
import { SignedCheckpoints } from '../../../src/events/sealing/checkpoints.js';
import type { JsonObject } from '../../../src/json/json.js';
import { cosignatureLine, treeOf } from '../../harness/log-notes.js';

vi.mock('../../../src/clock.js', () => import('../../harness/global-clock.js'));

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signNow: CheckpointSigner = (data) => sign(null, data, privateKey);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('The checkpoints of a stream', () => {
  it('begin at the end of the turn that has the first events', () => {
    const stream = new TestStream({ key: privateKey });
    stream.turn(3);
    expect(stream.picture()).toEqual(['checkpoint 1 of 3']);
    stream.turn(2);
    expect(stream.picture()).toEqual(['checkpoint 1 of 3']);
  });

  it('come after the configured number of events, without counting themselves', () => {
    const stream = new TestStream({ key: privateKey, maxEvents: 4 });
    stream.turn(1);
    for (let events = 0; events < 8; events += 1) stream.turn(1);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1', 'checkpoint 2 of 6', 'checkpoint 3 of 11']);
  });

  it('come after the configured time, and only if there is a new event', () => {
    const stream = new TestStream({ key: privateKey, intervalMillis: 1_000 });
    stream.turn(1);
    stream.turn(0);
    vi.advanceTimersByTime(10_000);
    stream.turn(1);
    vi.advanceTimersByTime(999);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1']);
    vi.advanceTimersByTime(1);
    stream.turn(0);
    vi.advanceTimersByTime(10_000);
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1', 'checkpoint 2 of 3']);
  });

  it('end with a final one, after which the END is signed', () => {
    const stream = new TestStream({ key: privateKey });
    stream.turn(3);
    expect(stream.checkpoints.finish()).toBe(true);
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 3', 'checkpoint 2 of 4 final']);
    const end = hashOf('end');
    const proof = stream.checkpoints.signEnd(end) as string;
    const note = endNote('checkpoints-1', 6, treeOf([...stream.hashes, end]).root(), proof);
    expect(valid(note)).toBe('valid');
  });

  it('are notes of the tree over all events before them, each joined to the one before', () => {
    const stream = new TestStream({ key: privateKey, maxEvents: 2, keyId: 'example.com/audit' });
    for (let events = 0; events < 9; events += 1) stream.turn(1);
    stream.checkpoints.finish();
    stream.turn(0);
    let previous: string | undefined;
    for (const [index, { checkpoint: note, subtrees, last_event_id }] of stream.emitted.entries()) {
      expect(valid(note as string, 'example.com/audit')).toBe('valid');
      const { text } = parseNote(note as string) ?? { text: '' };
      const checkpoint = parseCheckpoint(text);
      const { size = 0, root = '' } = checkpoint ?? {};
      const tree = treeOf(stream.hashes.slice(0, size));
      expect(checkpoint).toMatchObject({ origin: 'checkpoints-1', root: tree.root(), number: index + 1 });
      expect(checkpoint?.previous).toBe(previous);
      expect(MerkleTree.of(size, subtrees as string[])?.root()).toBe(root);
      expect(last_event_id).toBe(`event-${size - 1}`);
      previous = textHash(text);
    }
    expect(stream.emitted.length).toBeGreaterThan(4);
  });

  it('are none for a stream without events', () => {
    const stream = new TestStream({ key: privateKey });
    stream.turn(0);
    expect(stream.checkpoints.finish()).toBe(false);
    expect(stream.picture()).toEqual([]);
  });

  it('know the events that they have made, and no others that look like them', () => {
    const stream = new TestStream({ key: privateKey });
    stream.turn(1);
    const [metadata = {}] = stream.emitted;
    expect(stream.checkpoints.isOwn({ metadata })).toBe(true);
    expect(stream.checkpoints.isOwn({ metadata: { ...metadata } })).toBe(false);
    expect(stream.checkpoints.isOwn({ metadata: undefined })).toBe(false);
  });
});

describe('A signer', () => {
  it('that is a function signs like a key', () => {
    const stream = new TestStream({ key: signNow, publicKey });
    stream.turn(1);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1']);
  });

  it('that is asynchronous signs the tree as it was, and the events go on meanwhile', async () => {
    const answers: (() => void)[] = [];
    const key: CheckpointSigner = (data) =>
      new Promise((resolve) => answers.push(() => resolve(sign(null, data, privateKey))));
    const stream = new TestStream({ key, publicKey, maxEvents: 2 });
    stream.turn(1);
    for (let events = 0; events < 7; events += 1) stream.turn(1);
    expect([answers.length, stream.picture()]).toEqual([1, []]);
    answers[0]?.();
    await settle();
    stream.turn(0);
    // Three periods ended meanwhile. One checkpoint covers them all.
    expect([answers.length, stream.picture()]).toEqual([2, ['checkpoint 1 of 1']]);
    answers[1]?.();
    await settle();
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1', 'checkpoint 2 of 8']);
    const finished = stream.checkpoints.finish();
    answers[2]?.();
    expect(await finished).toBe(true);
    stream.turn(0);
    expect(stream.picture().at(-1)).toBe('checkpoint 3 of 10 final');
    const proof = stream.checkpoints.signEnd(hashOf('end'));
    answers[3]?.();
    expect(await proof).toMatch(/^[0-9a-f]{16} /);
  });

  it('that is still at work is waited for before the last checkpoint', async () => {
    const answers: (() => void)[] = [];
    const key: CheckpointSigner = (data) =>
      new Promise((resolve) => answers.push(() => resolve(sign(null, data, privateKey))));
    const stream = new TestStream({ key, publicKey });
    stream.turn(1);
    const finished = stream.checkpoints.finish();
    expect(stream.checkpoints.finish()).toBe(finished);
    answers[0]?.();
    await settle();
    stream.turn(0);
    answers[1]?.();
    expect(await finished).toBe(true);
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1', 'checkpoint 2 of 1 final']);
    expect(stream.checkpoints.finish()).toBe(true);
  });

  const nonsense = 'the signer returned something else than the 64 bytes of an Ed25519 signature';
  const other = generateKeyPairSync('ed25519').privateKey;
  it.each<[what: string, key: (data: Uint8Array) => unknown, reason: string]>([
    [
      'throws',
      () => {
        throw new Error('no access');
      },
      'the signer failed',
    ],
    ['rejects', () => Promise.reject(new Error('no access')), 'the signer failed'],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      'the signer failed',
    ],
    ['returns nothing', () => undefined, nonsense],
    ['resolves to nothing', async () => null, nonsense],
    ['returns base64', (data) => sign(null, data, privateKey).toString('base64'), nonsense],
    [
      'returns too many bytes',
      (data) => Buffer.concat([sign(null, data, privateKey), Buffer.of(0)]),
      nonsense,
    ],
    [
      'returns a hash',
      () => new Uint8Array(64),
      'the signer returned a signature that "checkpoints.publicKey" does not confirm',
    ],
    [
      'signs with another key',
      (data) => sign(null, data, other),
      'the signer returned a signature that "checkpoints.publicKey" does not confirm',
    ],
    [
      'signs a hash',
      (data) => sign(null, Buffer.from(hash('sha256', data, 'hex'), 'hex'), privateKey),
      'the signer returned a signature that "checkpoints.publicKey" does not confirm',
    ],
    [
      'has a then that throws',
      () =>
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new Error('then');
          },
        }),
      'the signer failed',
    ],
    ['never answers', () => new Promise(() => {}), 'the signer did not answer within 30 s'],
  ])('that %s is reported and counted, and is asked again in the next period', async (_, key, reason) => {
    let works = false;
    const stream = new TestStream({
      key: ((data) => (works ? signNow(data) : key(data))) as CheckpointSigner,
      publicKey,
      intervalMillis: 60_000,
    });
    stream.turn(2);
    await vi.advanceTimersByTimeAsync(30_000);
    stream.turn(1);
    expect(stream.picture()).toEqual([]);
    expect(stream.checkpoints.failures).toBe(1);
    expect(stream.reports).toEqual([
      `A checkpoint is not signed, and the next period tries again: ${reason}`,
    ]);
    works = true;
    await vi.advanceTimersByTimeAsync(60_000);
    stream.turn(0);
    // The number is used only for a checkpoint that is in the stream.
    expect(stream.picture()).toEqual(['checkpoint 1 of 3']);
    works = false;
    stream.turn(1);
    await vi.advanceTimersByTimeAsync(90_000);
    expect([stream.checkpoints.failures, stream.reports.length]).toEqual([2, 1]);
    const finished = stream.checkpoints.finish();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await finished).toBe(false);
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 3']);
  });

  it('that answers after the end adds nothing', async () => {
    const answers: (() => void)[] = [];
    const key: CheckpointSigner = (data) =>
      new Promise((resolve) => answers.push(() => resolve(sign(null, data, privateKey))));
    const stream = new TestStream({ key, publicKey });
    stream.turn(1);
    const finished = stream.checkpoints.finish();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await finished).toBe(false);
    for (const answer of answers) answer();
    await settle();
    stream.turn(0);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(stream.picture()).toEqual([]);
  });

  it('that fails for the END leaves it without a signature', async () => {
    let calls = 0;
    const key: CheckpointSigner = (data) => {
      calls += 1;
      if (calls === 3) throw new Error('revoked');
      return signNow(data);
    };
    const stream = new TestStream({ key, publicKey });
    stream.turn(1);
    expect(stream.checkpoints.finish()).toBe(true);
    stream.turn(0);
    expect(stream.checkpoints.signEnd(hashOf('end'))).toBeUndefined();
    expect(stream.checkpoints.failures).toBe(1);
  });
});

describe('onCheckpoint', () => {
  it('gets each note and its facts', () => {
    const calls: unknown[][] = [];
    const stream = new TestStream({ key: privateKey, onCheckpoint: (...args) => calls.push(args) });
    stream.turn(2);
    stream.checkpoints.finish();
    stream.turn(0);
    expect(calls.map(([note]) => note)).toEqual(stream.emitted.map(({ checkpoint }) => checkpoint));
    expect(calls.map(([, details]) => details)).toEqual([
      {
        streamId: 'checkpoints-1',
        number: 1,
        size: 2,
        root: treeOf(stream.hashes.slice(0, 2)).root(),
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        lastEventId: 'event-1',
        final: false,
      },
      expect.objectContaining({ number: 2, size: 3, final: true }),
    ]);
  });

  it.each<[what: string, onCheckpoint: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
    ['never settles', () => new Promise(() => {})],
    ['returns another text', () => 'stored'],
    ['returns a note of another text', () => 'text\n\n— a AAAAAAA=\n'],
    ['returns a note that is too long', () => `— ${'a'.repeat(70_000)} AAAAAAA=\n`],
  ])('that %s is reported and counted, and the stream goes on', async (_, onCheckpoint) => {
    const stream = new TestStream({ key: privateKey, onCheckpoint });
    stream.turn(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stream.reports).toEqual(['"checkpoints.onCheckpoint" failed']);
    expect(stream.checkpoints.failures).toBe(1);
    stream.checkpoints.finish();
    const settled = stream.checkpoints.settled();
    await vi.advanceTimersByTimeAsync(30_000);
    await settled;
    stream.turn(0);
    expect(stream.picture()).toEqual(['checkpoint 1 of 1', 'checkpoint 2 of 2 final']);
    expect([stream.checkpoints.failures, stream.reports.length]).toEqual([2, 1]);
  });

  it.each([
    ['a number', 7],
    ['a response', { ok: true }],
    ['the note as it is', undefined],
  ])('may return %s', async (_, answer) => {
    const stream = new TestStream({ key: privateKey, onCheckpoint: (note) => answer ?? note });
    stream.turn(1);
    await settle();
    expect([stream.checkpoints.failures, stream.emitted.length]).toEqual([0, 1]);
  });

  it('that never settles is not awaited without limit', async () => {
    let calls = 0;
    const onCheckpoint = () => {
      calls += 1;
      return new Promise(() => {});
    };
    const stream = new TestStream({ key: privateKey, maxEvents: 1, onCheckpoint });
    for (let events = 0; events < 150; events += 1) stream.turn(1);
    expect([calls, stream.checkpoints.failures]).toEqual([150, 50]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stream.checkpoints.failures).toBe(150);
  });

  describe('of a witness', () => {
    const witness = generateKeyPairSync('ed25519');
    const line = (note: string) =>
      cosignatureLine(parseNote(note)?.text ?? '', 'witness.example', witness.privateKey, 1_700_000_000n);
    const witnessKey = verifierKeyOf(formatVerifierKey('witness.example', witness.publicKey, 'cosignature'));

    it.each<[what: string, onCheckpoint: (note: string) => unknown]>([
      ['the note with its line', (note) => note + line(note)],
      ['its line alone', (note) => line(note)],
      ['a promise', async (note) => note + line(note)],
      ['the same line twice', (note) => note + line(note) + line(note)],
    ])('adds its cosignature to the stream: %s', async (_, onCheckpoint) => {
      const stream = new TestStream({ key: privateKey, onCheckpoint });
      stream.turn(1);
      await settle();
      stream.turn(0);
      const [checkpoint, cosigned] = stream.emitted;
      const note = checkpoint?.checkpoint as string;
      expect(cosigned).toEqual({ message: 'checkpoint cosigned', checkpoint: note + line(note) });
      expect(verifyNote(parseNote(note + line(note)) as never, [witnessKey])).toBe('valid');
      expect(stream.checkpoints.isOwn({ metadata: cosigned })).toBe(true);
      expect(stream.checkpoints.failures).toBe(0);
    });

    it('may not add more than 16', async () => {
      const lines = (note: string) =>
        Array.from({ length: 17 }, (_, second) =>
          cosignatureLine(parseNote(note)?.text ?? '', 'witness.example', witness.privateKey, BigInt(second)),
        ).join('');
      const stream = new TestStream({ key: privateKey, onCheckpoint: lines });
      stream.turn(1);
      expect([stream.checkpoints.failures, stream.emitted.length]).toEqual([1, 1]);
    });

    it('is waited for at the end, before the END', async () => {
      let answer: (() => void) | undefined;
      const onCheckpoint = (note: string, { final }: { final: boolean }) =>
        final
          ? new Promise((resolve) => {
              answer = () => resolve(line(note));
            })
          : undefined;
      const stream = new TestStream({ key: privateKey, onCheckpoint });
      stream.turn(1);
      stream.checkpoints.finish();
      const settled = stream.checkpoints.settled();
      answer?.();
      await settled;
      stream.turn(0);
      expect(stream.picture()).toEqual([
        'checkpoint 1 of 1',
        'checkpoint 2 of 2 final',
        'checkpoint cosigned',
      ]);
    });
  });
});

describe('A generated key', () => {
  it('is published with the first checkpoint alone, and never in the events', () => {
    const keys: (string | undefined)[] = [];
    const stream = new TestStream({
      key: 'generate',
      maxEvents: 1,
      onCheckpoint: (_note, { verifierKey }) => keys.push(verifierKey),
    });
    for (let events = 0; events < 4; events += 1) stream.turn(1);
    const [key = '', ...later] = keys;
    expect(later).toEqual([undefined, undefined, undefined]);
    for (const { checkpoint } of stream.emitted) {
      expect(verifyNote(parseNote(checkpoint as string) as never, [verifierKeyOf(key)])).toBe('valid');
    }
    expect(JSON.stringify(stream.emitted)).not.toContain(key.split('+').slice(2).join('+'));
  });

  it('is offered again until a place has taken it', async () => {
    const keys: (string | undefined)[] = [];
    const stream = new TestStream({
      key: 'generate',
      maxEvents: 1,
      onCheckpoint: (_note, { verifierKey, number }) => {
        keys.push(verifierKey);
        if (number === 1) throw new Error('not reachable');
      },
    });
    for (let events = 0; events < 3; events += 1) stream.turn(1);
    expect(keys).toEqual([expect.any(String), keys[0], undefined]);
  });

  it('that no place takes is reported', () => {
    const stream = new TestStream({ key: 'generate' });
    stream.turn(1);
    expect(stream.reports).toEqual([
      'The key of the checkpoints is generated, and no anchor has taken its public half: set "onCheckpoint", or register a logger provider',
    ]);
  });
});

/** A stream whose events are numbers, sealed as the sealer does it: turn by turn, and what is emitted comes last. */
class TestStream {
  readonly checkpoints: SignedCheckpoints;
  readonly emitted: JsonObject[] = [];
  readonly hashes: string[] = [];
  readonly reports: string[] = [];
  #pending: JsonObject[] = [];

  constructor(options: CheckpointOptions) {
    const logger = diag.createComponentLogger({ namespace: 'test' });
    const guard = new Guard({ ...logger, error: (message: string) => this.reports.push(message) } as never);
    this.checkpoints = new SignedCheckpoints(
      { ...options },
      'checkpoints-1',
      (metadata) => {
        this.emitted.push(metadata);
        this.#pending.push(metadata);
      },
      guard,
    );
  }

  /** Seals new events, and all that are emitted because of them. */
  turn(events: number): void {
    for (let index = 0; index < events; index += 1) this.#pending.push({});
    do {
      for (const metadata of this.#pending.splice(0)) this.#seal(metadata);
      this.checkpoints.turnEnded();
    } while (this.#pending.length > 0);
  }

  picture(): string[] {
    return this.emitted.map(({ message, checkpoint }) => {
      const { number, size, isFinal } = parseCheckpoint(parseNote(checkpoint as string)?.text ?? '') ?? {};
      return message === 'checkpoint'
        ? `checkpoint ${number} of ${size}${isFinal === true ? ' final' : ''}`
        : (message as string);
    });
  }

  #seal(metadata: JsonObject): void {
    const index = this.hashes.length;
    const content_hash = hashOf(`${index}`);
    this.hashes.push(content_hash);
    this.checkpoints.sealed(content_hash, `event-${index}`, this.checkpoints.isOwn({ metadata }));
  }
}

function valid(note: string, name?: string): string {
  const key = verifierKeyOf(name === undefined ? publicKey : formatVerifierKey(name, publicKey));
  return verifyNote(parseNote(note) as never, [key]);
}

function hashOf(text: string): string {
  return hash('sha256', text);
}

/** Lets promises settle, which fake timers do not hold up. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}
