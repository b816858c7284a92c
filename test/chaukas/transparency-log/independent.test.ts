import { generateKeyPairSync } from 'node:crypto';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChaukasEvent, UnsealedEvent } from '../../../src/chaukas/event.js';
import { sealEvent } from '../../../src/chaukas/sealed-event.js';
import {
  formatCheckpoint,
  type LogCheckpoint,
  textHash,
} from '../../../src/chaukas/transparency-log/checkpoint-note.js';
import { proveEvent } from '../../../src/chaukas/transparency-log/event-prover.js';
import { formatProof } from '../../../src/chaukas/transparency-log/inclusion-proof.js';
import { inclusionPath } from '../../../src/chaukas/transparency-log/merkle-tree.js';
import { formatVerifierKey } from '../../../src/chaukas/transparency-log/verifier-key.js';
import { ChaukasSpanProcessor } from '../../../src/index.js';
import { buildLogCheck, logCheck, logCheckMissing } from '../../harness/log-check.js';
import { cosignatureLine, signNote, treeOf } from '../../harness/log-notes.js';

const log = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const LOG_KEY = formatVerifierKey('log.example/1', log.publicKey);
const WITNESS_KEY = formatVerifierKey('witness.example', witness.publicKey, 'cosignature');

const SIZE = 13;
const events = Array.from({ length: SIZE }, (_, index) =>
  sealEvent({ event_id: `event-${index}`, type: 'EVENT_TYPE_SYSTEM', session_id: 's' } as UnsealedEvent, ''),
);
const hashes = events.map(({ event }) => event.content_hash ?? '');

describe.skipIf(logCheckMissing() !== undefined)('An implementation in Go', () => {
  beforeAll(buildLogCheck, 180_000);

  const text = formatCheckpoint(checkpoint());
  const note = signNote(text, 'log.example/1', log.privateKey);

  it('opens a note, and reads the checkpoint in it', () => {
    expect(logCheck('note', [LOG_KEY], note).answer).toEqual({
      origin: 'checkpoints-1',
      size: SIZE,
      root: treeOf(hashes).root(),
      extensions: [
        'checkpoint 2',
        'time 2026-11-29T16:20:00.000Z',
        `previous ${textHash('before\n')}`,
        'final',
      ],
      signers: [{ name: 'log.example/1' }],
    });
  });

  it('finds the cosignature of a witness, and its time', () => {
    expect(
      logCheck(
        'note',
        [LOG_KEY, WITNESS_KEY],
        note + cosignatureLine(text, 'witness.example', witness.privateKey, 1_700_000_000n),
      ).answer,
    ).toMatchObject({
      signers: [{ name: 'log.example/1' }, { name: 'witness.example', time: 1_700_000_000 }],
    });
  });

  it.each<[what: string, keys: readonly string[], note: string]>([
    ['another key', [formatVerifierKey('log.example/1', witness.publicKey)], note],
    ['another size', [LOG_KEY], note.replace(`\n${SIZE}\n`, `\n${SIZE + 1}\n`)],
    [
      'a cosignature of another text',
      [LOG_KEY, WITNESS_KEY],
      note + cosignatureLine('text\n', 'witness.example', witness.privateKey, 1_700_000_000n),
    ],
  ])('refuses a note with %s', (_, keys, changed) => {
    expect(logCheck('note', keys, changed).error).toMatch(/^log-check: /);
  });

  it.each(hashes.map((_, index) => index))('finds the proof of event %i valid', (index) => {
    expect(logCheck('proof', [LOG_KEY], proofOf(index)).answer).toMatchObject({
      index,
      event: `event-${index}`,
      size: SIZE,
    });
  });

  it('refuses a proof whose event is another one', () => {
    const [first = '', second = ''] = events.map(({ line }) => Buffer.from(line).toString('base64'));
    expect(logCheck('proof', [LOG_KEY], proofOf(0).replace(first, second)).error).toMatch(/^log-check: /);
  });
});

describe.skipIf(logCheckMissing() !== undefined)('An implementation in Go, on the file of a process,', () => {
  beforeAll(buildLogCheck, 180_000);

  it('finds each checkpoint right, the tree growing, the cosignatures, and the END signed', async () => {
    const { lines, size } = await signedFile();
    const { answer } = logCheck('events', [LOG_KEY, WITNESS_KEY], lines.join('\n'));
    const { streams } = answer as { streams: { checkpoints: number[] }[] };
    expect(streams).toEqual([
      {
        id: (JSON.parse(lines[0] ?? '') as ChaukasEvent).session_id,
        events: size,
        checkpoints: expect.any(Array),
        cosigned: streams[0]?.checkpoints.length,
        final: true,
        end_signed: true,
      },
    ]);
    expect(streams[0]?.checkpoints.length).toBeGreaterThan(3);
  });

  it.each<[what: string, change: (lines: string[]) => string[]]>([
    ['an event is missing', (lines) => lines.toSpliced(5, 1)],
    ['two events are swapped', (lines) => lines.toSpliced(5, 2, lines[6] ?? '', lines[5] ?? '')],
    [
      'a checkpoint names another size',
      (lines) => lines.map((line) => line.replace(/([0-9a-f]{12}\\n)\d+/, '$17')),
    ],
  ])('finds that %s', async (_, change) => {
    const { lines } = await signedFile();
    expect(logCheck('events', [LOG_KEY], change(lines).join('\n')).error).toMatch(/^log-check: line \d+: /);
  });

  it('finds the proof of every event valid', async () => {
    const { lines } = await signedFile();
    for (const [index, line] of lines.entries()) {
      const { event_id } = JSON.parse(line) as ChaukasEvent;
      const { proof = '' } = await proveEvent(lines, event_id);
      expect(logCheck('proof', [LOG_KEY], proof).answer).toMatchObject({ index, event: event_id });
    }
  });
});

/** The file of a process with a key, whose checkpoints a witness cosigns. */
async function signedFile(): Promise<{ lines: string[]; size: number }> {
  const lines: string[] = [];
  const processor = new ChaukasSpanProcessor({
    sinks: [
      {
        name: 'lines',
        send: async (_events, sent) => void lines.push(...sent),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
    checkpoints: {
      key: log.privateKey,
      keyId: 'log.example/1',
      maxEvents: 4,
      onCheckpoint: (note) =>
        cosignatureLine(
          note.slice(0, note.lastIndexOf('\n\n') + 1),
          'witness.example',
          witness.privateKey,
          1_700_000_000n,
        ),
    },
  });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' };
  for (let call = 0; call < 6; call += 1) {
    provider.getTracer('application').startSpan('chat', { attributes }).end();
    await provider.forceFlush();
  }
  await provider.shutdown();
  return { lines, size: processor.stats().eventsMade };
}

function proofOf(index: number): string {
  const note = signNote(formatCheckpoint(checkpoint()), 'log.example/1', log.privateKey);
  return formatProof({ line: events[index]?.line ?? '', index, path: inclusionPath(hashes, index), note });
}

function checkpoint(): LogCheckpoint {
  return {
    origin: 'checkpoints-1',
    size: SIZE,
    root: treeOf(hashes).root(),
    number: 2,
    time: '2026-11-29T16:20:00.000Z',
    previous: textHash('before\n'),
    isFinal: true,
  };
}
