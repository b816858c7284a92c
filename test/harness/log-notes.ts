/** Signs notes and cosigns them, as a log and a witness do. The cosignature is built from the text of its specification. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { endNote, parseCheckpoint, textHash } from '../../src/chaukas/transparency-log/checkpoint-note.js';
import { MerkleTree } from '../../src/chaukas/transparency-log/merkle-tree.js';
import { formatNote, parseNote } from '../../src/chaukas/transparency-log/signed-note.js';
import {
  noteKeyId,
  type VerifierKey,
  verifierKeyOf,
  verifyNote,
} from '../../src/chaukas/transparency-log/verifier-key.js';

/** A text with a signature. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const keyId = noteKeyId(name, createPublicKey(privateKey));
  return formatNote(text, { name, keyId, signature: sign(null, Buffer.from(text), privateKey) });
}

/** The line by which a witness cosigns a text. */
export function cosignatureLine(
  text: string,
  name: string,
  privateKey: KeyObject,
  seconds: bigint,
  shownSeconds = seconds,
): string {
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(shownSeconds);
  const keyId = Buffer.from(noteKeyId(name, createPublicKey(privateKey), 'cosignature'), 'hex');
  return `— ${name} ${Buffer.concat([keyId, time, signature]).toString('base64')}\n`;
}

export function treeOf(leaves: readonly string[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

/**
 * Checks the signed log in the lines of one stream, with the definitions of RFC 6962 and C2SP and nothing of `verify`.
 *
 * @returns a text for each checkpoint and for the END, such as `checkpoint 2 of 17 final` and `END closed signed`.
 */
export function logPicture(lines: readonly string[], publicKey: KeyObject | string): string[] {
  const key = verifierKeyOf(publicKey);
  const events = lines.map((line) => JSON.parse(line) as ChaukasEvent);
  const hashes = events.map(({ content_hash = '' }) => content_hash);
  const streamId = events[0]?.session_id ?? '';
  const picture: string[] = [];
  let previous: string | undefined;
  for (const [index, event] of events.entries()) {
    const { message, checkpoint, closed } = event.metadata ?? {};
    if (event.session_id !== streamId) continue;
    if (message === 'checkpoint') {
      const { text, size, number, isFinal } = openCheckpoint(checkpoint as string, key, hashes, index);
      if (openedPrevious(text) !== previous)
        throw new Error(`checkpoint ${number} does not follow the one before`);
      previous = textHash(text);
      picture.push(`checkpoint ${number} of ${size}${isFinal ? ' final' : ''}`);
    }
    if (message === 'checkpoint cosigned') picture.push('checkpoint cosigned');
    if (event.type !== 'EVENT_TYPE_SESSION_END') continue;
    const proof = event.worm_proof_id;
    const note = endNote(streamId, index + 1, treeOf(hashes).root(), proof ?? '');
    if (proof !== undefined) openCheckpoint(note, key, hashes, index + 1);
    picture.push(`END ${closed === true ? 'closed' : 'not closed'}${proof === undefined ? '' : ' signed'}`);
  }
  return picture;
}

function openCheckpoint(note: string, key: VerifierKey, hashes: readonly string[], known: number) {
  const opened = parseNote(note);
  const checkpoint = opened && parseCheckpoint(opened.text);
  if (opened === undefined || checkpoint === undefined) throw new Error(`not a checkpoint: ${note}`);
  if (verifyNote(opened, [key]) !== 'valid') throw new Error(`not signed: ${note}`);
  const { size, root } = checkpoint;
  if (size > known || root !== treeOf(hashes.slice(0, size)).root()) throw new Error(`wrong root: ${note}`);
  return { ...checkpoint, text: opened.text };
}

function openedPrevious(text: string): string | undefined {
  return parseCheckpoint(text)?.previous;
}
