/**
 * The standards of a transparency log, written down once more for tests and as directly as they stand there: RFC 6962,
 * section 2.1, and C2SP signed-note and tlog-checkpoint.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH of RFC 6962 over content hashes in hex. */
export function rootOf(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), Buffer.from(leaves[0] ?? '', 'hex'));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** Roots of the complete subtrees, the largest first. */
export function subtreesOf(leaves: readonly string[]): string[] {
  const subtrees: string[] = [];
  let from = 0;
  for (let size = 2 ** 30; size >= 1; size /= 2) {
    if (leaves.length - from < size) continue;
    subtrees.push(rootOf(leaves.slice(from, from + size)).toString('base64'));
    from += size;
  }
  return subtrees;
}

export interface TestKey {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** Name, and base64 of key id and signature: a signature line without its dash. */
export function signatureOf(text: string, { name, privateKey }: TestKey): string {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
  const id = sha256(Buffer.from(`${name}\n`), Buffer.of(1), raw).subarray(0, 4);
  return `${name} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}`;
}

export function signedNote(text: string, key: TestKey): string {
  return `${text}\n— ${signatureOf(text, key)}\n`;
}

/** Adds the cosignature of a witness (C2SP tlog-cosignature). */
export function cosigned(note: string, { name, privateKey }: TestKey, seconds: number): string {
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
  const id = sha256(Buffer.from(`${name}\n`), Buffer.of(4), raw).subarray(0, 4);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey);
  return `${note}— ${name} ${Buffer.concat([id, time, signature]).toString('base64')}\n`;
}

export const textHashOf = (text: string): string => createHash('sha256').update(text).digest('base64');
