/**
 * The attacks of an auditor that once passed as "nothing wrong", on streams that the processor wrote.
 * Sources: ../shared/cases/evidence/min-01 to min-06.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  MemorySink,
} from '../../../src/index.js';
import { forgedAfter, parse, rehashed, withChain } from './forging.js';
import { agentRun, linesOf } from './sample-lines.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const SESSIONS = [['s0', 's1', 's2', 's3', 's4', 's5'].map(agentRun)];

let signed: string[];
let plain: string[];
beforeAll(async () => {
  signed = await linesOf(SESSIONS, { checkpoints: { key: privateKey, maxEvents: 8 } });
  plain = await linesOf(SESSIONS);
});

const isOfStream = (line: string) => /^(stream|checkpoints)-/.test(parse(line).session_id);
const isCheckpoint = (line: string) => parse(line).metadata?.message === 'checkpoint';
const errors = async (lines: readonly string[], publicKeys = [publicKey]) =>
  (await verifyEvents(lines, { publicKeys })).findings.filter(({ severity }) => severity === 'error');
const indexOf = (lines: readonly string[], is: (event: ChaukasEvent) => boolean) =>
  lines.findIndex((line) => is(parse(line)));

/** The chain of the stream's session made anew; it is not signed. */
const streamAnew = (lines: readonly string[]) => withChain(lines, { at: 0, to: (event) => ({ ...event }) });

describe('With the public key there is an error if', () => {
  it('a session is forged whose id begins with "checkpoints-" (min-01)', async () => {
    const copy = signed.filter((line) => parse(line).session_id === 's2').map((line) => parse(line));
    let before = parse(signed[19]);
    const forged = copy.map((event, index) => {
      const next = forgedAfter(event, {
        session_id: 'checkpoints-x',
        hash_prev: index === 0 ? '' : (before.content_hash ?? ''),
      });
      before = next;
      return JSON.stringify(next);
    });
    expect(await errors(signed.toSpliced(20, 0, ...forged))).not.toEqual([]);
  });

  it('a session is erased together with the checkpoint that covers it (min-02)', async () => {
    const last = signed.findLastIndex((line) => parse(line).session_id === 's3');
    const checkpoint = signed.findIndex((line, at) => at > last && isCheckpoint(line));
    const left = signed.filter((line, at) => parse(line).session_id !== 's3' && at !== checkpoint);
    expect(await errors(streamAnew(left))).not.toEqual([]);
  });

  it('everything that is signed is taken out (min-03)', async () => {
    expect(await errors(signed.filter((line) => !isOfStream(line)))).not.toEqual([]);
    expect(await errors(streamAnew(signed.filter((line) => !isCheckpoint(line))))).not.toEqual([]);
  });

  it('a decision is forged in the session of the checkpoints (min-04)', async () => {
    const at = signed.findIndex(isCheckpoint);
    const { metadata, ...event } = parse(signed[at]);
    const policy = { outcome: 'allow', policy_id: 'four_eyes', rationale: 'approved by the CFO' } as const;
    const forged = forgedAfter(event, { type: 'EVENT_TYPE_POLICY_DECISION', policy });
    const codes = (await errors(streamAnew(signed.toSpliced(at + 1, 0, JSON.stringify(forged))))).map(
      ({ code }) => code,
    );
    expect(codes).toContain('stray_event');
  });
});

describe('With the public key there is also an error if', () => {
  // Found in November 2026: a member of the input was taken for the hash of the leaf that the verifier had found itself.
  it('each event brings the leaf that was signed in its place', async () => {
    const leafOf = ({ content_hash = '' }: ChaukasEvent) =>
      createHash('sha256')
        .update(Buffer.from(`00${content_hash}`, 'hex'))
        .digest('binary');
    const changed = signed.findIndex((line) => parse(line).message !== undefined);
    const forged = (event: ChaukasEvent, at: number): ChaukasEvent => ({
      ...event,
      ...{ leaf: leafOf(event), hasForm: true },
      ...(at === changed && { message: { role: 'user', text: 'forged' } }),
    });
    const anew = withChain(
      signed,
      ...signed.map((_line, at) => ({ at, to: (e: ChaukasEvent) => forged(e, at) })),
    );
    const hashes = anew.map((line) => parse(line).content_hash).slice(0, -1);
    const stream_sha256 = createHash('sha256').update(hashes.join('')).digest('hex');
    const end = parse(anew.at(-1));
    const whole = anew.with(
      -1,
      JSON.stringify(rehashed(end, { metadata: { ...end.metadata, stream_sha256 } })),
    );
    // Written so that each line is parsed.
    const lines = whole.map((line) => line.replace('{', '{ '));
    const codes = (await errors(lines)).map(({ code }) => code);
    expect(codes).toContain('inconsistent_checkpoint');
    expect(codes).not.toContain('changed_event');
  });
});

describe('Without a key there is an error if', () => {
  it.each<[what: string, attack: (lines: string[]) => string[]]>([
    [
      'a SESSION_END is changed and its own hash made anew',
      (lines) => {
        const at = indexOf(
          lines,
          ({ type, session_id }) => type === 'EVENT_TYPE_SESSION_END' && session_id === 's2',
        );
        const end = parse(lines[at]);
        return lines.with(
          at,
          JSON.stringify(
            rehashed(end, { status: 'EVENT_STATUS_FAILED', metadata: { ...end.metadata, total_tokens: 1 } }),
          ),
        );
      },
    ],
    ['a whole session is gone', (lines) => lines.filter((line) => parse(line).session_id !== 's2')],
    [
      'two lines of two sessions are swapped',
      (lines) => {
        const at = indexOf(lines, ({ session_id }) => session_id === 's2');
        return lines.with(at - 1, lines[at] ?? '').with(at, lines[at - 1] ?? '');
      },
    ],
    [
      'the file is cut behind a SESSION_END',
      (lines) =>
        lines.slice(
          0,
          indexOf(lines, ({ type, session_id }) => type === 'EVENT_TYPE_SESSION_END' && session_id === 's3') +
            1,
        ),
    ],
  ])('%s (min-05)', async (_what, attack) => {
    expect(await errors(attack(plain), [])).not.toEqual([]);
  });

  it('sessions were dropped while the disk was full, and it says so (min-06)', async () => {
    let isFull = false;
    class FullSink extends MemorySink {
      readonly delivery = { retry: false as const };
      override async send(events: readonly ChaukasEvent[]): Promise<void> {
        if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return super.send(events);
      }
    }
    const sink = new FullSink();
    const options: ChaukasSpanProcessorConfig = { systemEvents: false, sinks: [sink] };
    const processor = new ChaukasSpanProcessor(options);
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const run = (id: string) => agentRun(id)(provider.getTracer('application'));
    run('a');
    await processor.forceFlush();
    isFull = true;
    for (let lost = 0; lost < 20; lost += 1) run(`lost-${lost}`);
    await processor.forceFlush();
    isFull = false;
    run('b');
    await provider.shutdown();
    const dropped = processor.stats().eventsDropped;
    expect(dropped).toBeGreaterThan(0);
    const { findings } = await verifyEvents(sink.events);
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        code: 'dropped_events',
        message: expect.stringContaining(`${dropped} events of the stream are missing: `),
      }),
    );
  });
});
