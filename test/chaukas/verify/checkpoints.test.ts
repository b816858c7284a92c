import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatVerifierKey } from '../../../src/chaukas/transparency-log/verifier-key.js';
import { type VerificationOptions, verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { parse, withChain, withEverything } from './forging.js';
import { cosigned, signedNote, type TestKey } from './reference-log.js';
import { PUBLIC_KEY, TEST_KEY } from './sample-files.js';
import { TestProcess } from './test-process.js';

const KEYS = { publicKeys: [PUBLIC_KEY] };
const other = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const WITNESS: TestKey = { name: 'witness.example', privateKey: witness.privateKey };

/** A signed stream with two sessions, and a checkpoint after each four events. */
function signed(): { process: TestProcess; lines: string[] } {
  const lines: string[] = [];
  const process = new TestProcess(lines, { key: TEST_KEY, maxEvents: 4 }).whole('a').whole('b');
  return { process, lines };
}

const found = async (lines: readonly string[], options: VerificationOptions = KEYS) =>
  (await verifyEvents(lines, options)).findings.map(
    ({ severity, code, message }) => `${severity} ${code}: ${message}`,
  );

/** Lines of the checkpoints, the first one first. */
const checkpointsIn = (lines: readonly string[]) =>
  lines.flatMap((line, at) => (parse(line).metadata?.message === 'checkpoint' ? [at] : []));

/** Changes the note of a checkpoint and signs it, and makes the chain anew. */
function withNote(
  lines: readonly string[],
  nth: number,
  change: (text: string) => string,
  key = TEST_KEY,
): string[] {
  const at = checkpointsIn(lines).at(nth) ?? 0;
  return withChain(lines, {
    at,
    to: (event) => {
      const [text = ''] = String(event.metadata?.checkpoint).split('\n\n');
      return { ...event, metadata: { ...event.metadata, checkpoint: signedNote(change(`${text}\n`), key) } };
    },
  });
}

describe('Signed checkpoints', () => {
  const { process, lines } = signed();
  process.shutdown();

  it('are counted, with the key that signed them', async () => {
    const vkey = formatVerifierKey('audit', PUBLIC_KEY);
    for (const key of [PUBLIC_KEY, vkey, PUBLIC_KEY.export({ type: 'spki', format: 'pem' }).toString()]) {
      expect(await verifyEvents(lines, { publicKeys: [other.publicKey, key] })).toMatchObject({
        checkpoints: process.notes.length,
        signers: [vkey],
        findings: [],
      });
    }
    expect(await verifyEvents(lines)).toMatchObject({ checkpoints: 0, signers: [], findings: [] });
  });

  it('of another key are errors, and so is the end of the stream', async () => {
    const codes = (await found(lines, { publicKeys: [other.publicKey] })).map(
      (finding) => finding.split(':')[0],
    );
    expect(new Set(codes)).toEqual(
      new Set(['error bad_checkpoint', 'error bad_end_proof', 'error missing_checkpoint']),
    );
  });

  it.each<[what: string, nth: number, change: (text: string) => string, message: string]>([
    [
      'of another stream',
      1,
      (text) => text.replace(/^.*/, 'checkpoints-x'),
      'error bad_checkpoint: the checkpoint is of another stream, checkpoints-x',
    ],
    [
      'without a number',
      1,
      (text) => text.replace('checkpoint 2\n', ''),
      'error bad_checkpoint: the checkpoint cannot be read',
    ],
    [
      'with the number of the one before',
      1,
      (text) => text.replace('checkpoint 2', 'checkpoint 1'),
      'error repeated_checkpoint: checkpoint 1 comes again, or after checkpoint 1',
    ],
    [
      'with a number that is too large',
      1,
      (text) => text.replace('checkpoint 2', 'checkpoint 4'),
      'error missing_checkpoint: checkpoints 2 to 3 are missing before checkpoint 4',
    ],
    [
      'that does not name the one before',
      1,
      (text) => text.replace(/previous .*\n/, ''),
      'error inconsistent_checkpoint: checkpoint 2 does not name the checkpoint before it',
    ],
    [
      'of a tree that did not grow',
      1,
      (text) => text.replace(/\n\d+\n/, '\n2\n'),
      'error inconsistent_checkpoint: checkpoint 2 covers 2 events, and the one before it 2',
    ],
    [
      'of a tree that is too large',
      1,
      (text) => text.replace(/\n\d+\n/, '\n9\n'),
      'error removed_event: checkpoint 2 covers 9 events, but 7 of its stream are here',
    ],
    [
      'with another root',
      1,
      (text) => text.replace(/\n.{43}=\n/, `\n${'A'.repeat(43)}=\n`),
      'error inconsistent_checkpoint: the events are not those that checkpoint 2 signs: the root of their tree differs',
    ],
    [
      'that is older than the one before',
      1,
      (text) => text.replace(/time .*/, 'time 2020-01-01T00:00:00.000Z'),
      'warning time_goes_back: checkpoint 2 has the time 2020-01-01T00:00:00.000Z, which is before that of the checkpoint before it',
    ],
    [
      'behind the final one',
      0,
      (text) => `${text}final\n`,
      'error inconsistent_checkpoint: checkpoint 2 comes after the one that is marked as final',
    ],
  ])('%s are found', async (_what, nth, change, message) => {
    expect(await found(withNote(lines, nth, change))).toContain(message);
    // Without a key, too.
    expect(
      await found(withNote(lines, nth, change, { ...TEST_KEY, privateKey: other.privateKey }), {}),
    ).toContain(message);
  });

  it('show where events are missing, once for each gap, and the check goes on behind it', async () => {
    const [, , third = 0, , fifth = 0] = checkpointsIn(lines);
    const without = (...gone: number[]) => lines.filter((_line, at) => !gone.includes(at));
    const about = async (left: string[]) =>
      (await found(left)).filter((finding) => finding.includes('checkpoint'));
    const first = `error removed_event: checkpoint 3 covers ${third} events, but ${third - 1} of its stream are here`;
    expect(await about(without(third - 1))).toEqual([first]);
    expect(await about(without(third - 1, fifth - 1))).toEqual([
      first,
      `error removed_event: checkpoint 5 covers ${fifth} events, but ${fifth - 1} of its stream are here`,
    ]);
  });

  it('are errors in a stream whose id says that it is not signed', async () => {
    const renamed = lines.map((line) =>
      line.replaceAll(process.streamId, process.streamId.replace('checkpoints', 'stream')),
    );
    expect((await found(renamed, {})).join()).toContain('which is not signed');
  });
});

describe('With a key, no checkpoint is an error', () => {
  it('in an empty input', async () => {
    expect(await found([])).toEqual(['error missing_checkpoint: there is no stream, and so no checkpoint']);
  });

  it('in a stream that is not signed', async () => {
    const lines: string[] = [];
    new TestProcess(lines).whole('a').shutdown();
    expect(await found(lines)).toEqual([
      'error missing_checkpoint: the stream has no checkpoint with a valid signature',
    ]);
  });
});

describe('The END of a signed stream', () => {
  it('covers itself: who changes it needs the key', async () => {
    const { process, lines } = signed();
    process.shutdown();
    const changed = withChain(lines, { at: lines.length - 1, to: (event) => ({ ...event, tags: ['x'] }) });
    expect(await found(changed)).toEqual([
      'error bad_end_proof: the signature in worm_proof_id is not one of the given public keys over all events of the stream',
    ]);
  });

  it('that could not be signed is an error until a later stream names it', async () => {
    const { process, lines } = signed();
    process.end('process exit', { closed: false });
    const { worm_proof_id, ...end } = parse(lines.at(-1));
    const unsigned = [...lines.slice(0, -1), JSON.stringify(end)];
    expect(await found(unsigned)).toEqual([
      'error unclosed_stream: the END of the stream is not signed, and no later stream names it; 1 events behind the newest checkpoint of the stream are not signed',
    ]);
    new TestProcess(unsigned, { key: TEST_KEY }).whole('c').shutdown();
    expect(await found(unsigned)).toEqual([
      'warning unsigned_events: 1 events behind the newest checkpoint of the stream are not signed',
    ]);
    expect(await found(lines)).toContain(
      'error unexpected_proof: the event has a worm_proof_id, which only the END of a signed stream has',
    );
  });
});

describe('An anchor', () => {
  const { process, lines } = signed();
  process.shutdown();
  const notes = process.notes;

  it('agrees with the stream that it was made of', async () => {
    expect(await verifyEvents(lines, { anchors: notes })).toMatchObject({
      anchors: notes.length,
      findings: [],
    });
    expect(await verifyEvents(lines, { anchors: notes.toReversed(), ...KEYS })).toMatchObject({
      anchors: notes.length,
      findings: [],
    });
  });

  it('shows that the end of a stream was cut off', async () => {
    const at = checkpointsIn(lines)[2] ?? 0;
    expect(await found(lines.slice(0, at), { anchors: notes.slice(3, 4) })).toContainEqual(
      expect.stringMatching(
        /^error missing_anchor: anchor 1 says that the stream had \d+ events at 2026-.*Z, but \d+ are here$/,
      ),
    );
  });

  it('shows that a stream was removed', async () => {
    const rest: string[] = [];
    new TestProcess(rest, { key: TEST_KEY }).whole('c').shutdown();
    expect(await found(rest, { anchors: notes.slice(-1) })).toEqual([
      `error missing_anchor: anchor 1 is of stream ${process.streamId}, which is not here`,
    ]);
    expect(await found([], { anchors: notes.slice(-1) })).toHaveLength(1);
  });

  it('shows that everything was made anew, even by somebody who has the key', async () => {
    const anew = withEverything(lines, [{ at: 4, to: (event) => ({ ...event, tags: ['x'] }) }], TEST_KEY);
    expect(await found(anew)).toEqual([]);
    const size = notes.at(-1)?.split('\n')[1];
    expect(await found(anew, { anchors: notes.slice(-1) })).toEqual([
      `error different_anchor: anchor 1 says that the stream had ${size} events, but these are not the same`,
    ]);
  });

  it.each([
    ['that is not a note', 'anchor', 'is not a signed checkpoint'],
    [
      'of another key',
      signedNote('checkpoints-x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', {
        ...TEST_KEY,
        privateKey: other.privateKey,
      }),
      'is not signed with one of the given public keys',
    ],
  ])('%s is an error', async (_what, anchor, problem) => {
    expect(await found(lines, { anchors: [anchor], ...KEYS })).toEqual([
      `error bad_anchor: anchor 1 ${problem}`,
    ]);
  });
});

describe('The cosignature of a witness', () => {
  const WITNESSES = {
    ...KEYS,
    witnessKeys: [formatVerifierKey(WITNESS.name, witness.publicKey, 'cosignature')],
  };

  it('is counted, and may come later than the checkpoint', async () => {
    const { process, lines } = signed();
    process.cosign(cosigned(process.notes[1] ?? '', WITNESS, 1_800_000_000));
    process.shutdown();
    expect(await verifyEvents(lines, WITNESSES)).toMatchObject({ cosignatures: 1, findings: [] });
    const wrong = lines.map((line) => line.replace(/(— witness.example .{20})./, '$1x'));
    expect((await found(wrong, WITNESSES)).join()).toContain('error bad_cosignature');
  });

  it('is missed if there is none', async () => {
    const { process, lines } = signed();
    process.shutdown();
    expect(await found(lines, WITNESSES)).toEqual([
      'warning missing_cosignature: no checkpoint of the stream has a signature of a given witness',
    ]);
  });

  it('must be on a checkpoint of the stream', async () => {
    const { process, lines } = signed();
    process.cosign(cosigned(signedNote('checkpoints-x\n1\nAAAA\n', TEST_KEY), WITNESS, 1_800_000_000));
    process.shutdown();
    expect(await found(lines, KEYS)).toEqual([
      'error bad_cosignature: the cosigned note is not one of the newest checkpoints of the stream',
    ]);
  });
});
