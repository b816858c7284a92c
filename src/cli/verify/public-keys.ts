import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readFailure } from '../input/read-failure.js';
import type { Messages } from '../output/messages.js';

/** The keys in the files; undefined where one of them holds none, which is told. */
export async function readPublicKeys(
  files: readonly string[],
  messages: Messages,
): Promise<KeyObject[] | undefined> {
  const keys: KeyObject[] = [];
  for (const file of files) {
    try {
      keys.push(publicKey(await readFile(file, 'utf8')));
    } catch (error) {
      messages.tell(`--public-key ${file}: ${readFailure(error)}`);
    }
  }
  return keys.length === files.length ? keys : undefined;
}

function publicKey(pem: string): KeyObject {
  // Node would take the public half of it, and nobody would learn that the key lies where it should not.
  if (pem.includes('PRIVATE KEY')) throw new Error('this is a private key; give the public one');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error('no public key in PEM form is in it');
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`the key is ${key.asymmetricKeyType}; checkpoints are signed with ed25519`);
  }
  return key;
}
