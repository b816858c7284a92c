import { readFile } from 'node:fs/promises';
import {
  parseVerifierKey,
  type VerifierKey,
  verifierKeyOf,
} from '../../chaukas/transparency-log/verifier-key.js';
import type { MessageWriter } from '../output/messages.js';
import { readFailure } from './input-report.js';

/**
 * Reads the keys that an option names.
 *
 * @param option - as the user wrote it: `--public-key`.
 * @param values - verifier keys (`name+id+base64`), or files with one or with PEM.
 * @param type - type of the keys in PEM.
 * @returns `undefined` if one of them is not a key, for which a message is printed.
 */
export async function readVerifierKeys(
  option: string,
  values: readonly string[],
  type: VerifierKey['type'],
  messages: MessageWriter,
): Promise<VerifierKey[] | undefined> {
  const keys: VerifierKey[] = [];
  for (const value of values) {
    try {
      keys.push(parseVerifierKey(value) ?? verifierKeyOf(await readFile(value, 'utf8'), type));
    } catch (error) {
      messages.print(`${option} ${value}: ${readFailure(error)}`);
    }
  }
  return keys.length === values.length ? keys : undefined;
}
