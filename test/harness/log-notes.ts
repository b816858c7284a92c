/** Signs notes and cosigns them, as a log and a witness do. The cosignature is built from the text of its specification. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { MerkleTree } from '../../src/chaukas/transparency-log/merkle-tree.js';
import { formatNote } from '../../src/chaukas/transparency-log/signed-note.js';
import { noteKeyId } from '../../src/chaukas/transparency-log/verifier-key.js';

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
