/** Forgeries by someone who has the public key alone. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BlockScan } from '../../../src/chaukas/verify/block-scan.js';
import { EventVerifier, verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { idAfter, parse, rehashed, toLine } from './forging.js';
import { TestProcess } from './test-process.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = { name: 'audit', privateKey };

function foundIn(bytes: Buffer): string[] {
  const verifier = new EventVerifier({ publicKeys: [publicKey] });
  verifier.addBlock(bytes, new BlockScan().scan(bytes), 1);
  return verifier.end().findings.map(({ severity, code, line }) => `${severity} ${code} ${line}`);
}

describe('Bytes that are not UTF-8', () => {
  it('are an error where the event had U+FFFD, too', () => {
    const lines: string[] = [];
    const process = new TestProcess(lines, { key });
    process.system('read \ufffd');
    process.shutdown();
    const file = Buffer.from(`${lines.join('\n')}\n`);
    const at = file.indexOf('\ufffd');
    const line = lines.findIndex((each) => each.includes('\ufffd')) + 1;
    const changed = Buffer.concat([file.subarray(0, at), Buffer.of(0xff), file.subarray(at + 3)]);
    expect(foundIn(file)).toEqual([]);
    expect(foundIn(changed)).toEqual([`error changed_event ${line}`]);
  });
});

describe('A closed stream that was cut behind its first checkpoint, with a forged END', () => {
  it('is an error: an END that is not signed is as good as none', async () => {
    const lines: string[] = [];
    const process = new TestProcess(lines, { key, maxEvents: 8 });
    process.whole('s0').whole('s1').shutdown();
    const first = lines.findIndex((line) => parse(line).metadata?.message === 'checkpoint');
    const kept = lines.slice(0, first + 1).map((line) => parse(line));
    const own = kept.filter(({ session_id }) => session_id === process.streamId);
    const { worm_proof_id, ...end } = parse(lines.at(-1));
    const hashes = kept.map(({ content_hash }) => content_hash).join('');
    const forged = rehashed(end, {
      event_id: idAfter(kept.at(-1)?.event_id ?? ''),
      hash_prev: own.at(-1)?.content_hash ?? '',
      metadata: {
        ...end.metadata,
        closed: false,
        event_count: own.length + 1,
        stream_event_count: kept.length + 1,
        stream_sha256: createHash('sha256').update(hashes).digest('hex'),
      },
    });
    const { findings } = await verifyEvents([...kept, forged].map(toLine), { publicKeys: [publicKey] });
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['error unclosed_stream']);
  });
});
