import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as clock from '../clock.js';
import { isRecord, type UnknownRecord } from '../json/readers.js';
import { missingOption, objectOf, TEXT, WHOLE_NUMBER } from '../options/option-rules.js';
import { type AppendFile, NEWLINE, openAppendFile } from '../sinks/append-file.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { PACKAGE_NAME } from '../version.js';
import type { SpoolOptions } from './spool/spool-options.js';

const write = promisify(fs.write);

/** Maximum length of a reason. The answer of a server can be long. */
const MAX_REASON_LENGTH = 1_000;

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** The file for events that a destination refused, and for those that were given up. */
export interface DeadLetterOptions {
  /**
   * Path of the file. It is created if it does not exist, for its owner only. Required without `spool`.
   *
   * @defaultValue `dead-letters.jsonl` in the directory of the spool
   */
  path?: string;
  /**
   * Size in bytes that the file does not exceed. Further events are dropped and counted only.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  maxBytes?: number;
}

/** The rule for an option `deadLetter`. */
export const DEAD_LETTER_RULE = objectOf(
  { path: TEXT, maxBytes: WHOLE_NUMBER },
  'an object with "path" or "maxBytes"',
);

/** Options that say where dead letters go. */
interface DeadLetterPlace {
  readonly deadLetter?: DeadLetterOptions;
  readonly spool?: SpoolOptions;
}

/** The file in the directory of the spool. */
const FILE_BESIDE_SPOOL = 'dead-letters.jsonl';

/** Returns the problem of an option `deadLetter` that names no file. */
export function deadLetterProblems({ deadLetter, spool }: UnknownRecord): string[] {
  if (!isRecord(deadLetter) || deadLetter.path !== undefined || spool !== undefined) return [];
  return [missingOption('deadLetter.path', `${TEXT.accepted}, because there is no option "spool"`)];
}

/**
 * Returns the file that the options ask for, if any.
 *
 * @throws Error - if it is a path of the options that cannot be written.
 */
export function openDeadLetters(
  { deadLetter, spool }: DeadLetterPlace,
  onError: (message: string, error?: unknown) => void,
): DeadLetterFile | undefined {
  const { path: file, maxBytes } = deadLetter ?? {};
  if (file !== undefined) {
    const deadLetters = new DeadLetterFile(file, maxBytes, onError);
    deadLetters.requireWritable();
    return deadLetters;
  }
  // The spool checks its directory itself, and survives a disk that is full or read-only at the start.
  return spool && new DeadLetterFile(path.join(spool.directory, FILE_BESIDE_SPOOL), maxBytes, onError);
}

/** Why items are in the file. */
export interface DeadLetterReason {
  readonly destination: string;
  readonly reason: string;
  readonly error: unknown;
}

/**
 * A file with a line for each item that was not delivered: `{"sink", "reason", "time", "event"}`. Several queues and
 * processes may write to it.
 */
export class DeadLetterFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #onError: (message: string, error?: unknown) => void;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    file: string,
    maxBytes: number | undefined,
    onError: (message: string, error?: unknown) => void,
  ) {
    this.#path = file;
    this.#maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
    this.#onError = onError;
  }

  /** @throws Error - if the folder of the file cannot be made or written. */
  requireWritable(): void {
    const folder = path.dirname(path.resolve(this.#path));
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      fs.accessSync(fs.existsSync(this.#path) ? this.#path : folder, fs.constants.W_OK);
    } catch (cause) {
      throw new Error(
        `${PACKAGE_NAME}: option "deadLetter.path" is '${this.#path}', which cannot be written; ` +
          'it must be a file that this process may create and append to',
        { cause },
      );
    }
  }

  /** Appends items and resolves to the number of those that are in the file now. Never rejects. */
  add(lines: readonly string[], reason: DeadLetterReason): Promise<number> {
    const written = this.#writing.then(() => this.#append(lines, reason));
    this.#writing = written;
    return written;
  }

  /** Like {@link add}, for a process that exits. */
  addSync(lines: readonly string[], reason: DeadLetterReason): number {
    let fd: number | undefined;
    try {
      const file = openAppendFile(this.#path);
      fd = file.fd;
      const { bytes, count } = this.#letters(lines, reason, file);
      fs.writeFileSync(fd, bytes);
      return count;
    } catch (error) {
      this.#failed(error);
      return 0;
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
  }

  async #append(lines: readonly string[], reason: DeadLetterReason): Promise<number> {
    let fd: number | undefined;
    try {
      const file = openAppendFile(this.#path);
      fd = file.fd;
      const { bytes, count } = this.#letters(lines, reason, file);
      for (let written = 0; written < bytes.length; ) {
        written += (await write(fd, bytes, written)).bytesWritten;
      }
      return count;
    } catch (error) {
      this.#failed(error);
      return 0;
    } finally {
      if (fd !== undefined) fs.close(fd, () => {});
    }
  }

  #letters(
    lines: readonly string[],
    { destination, reason, error }: DeadLetterReason,
    { fd, torn }: AppendFile,
  ): { readonly bytes: Buffer; readonly count: number } {
    const sink = JSON.stringify(destination);
    const why = JSON.stringify(`${reason}${errorText(error)}`);
    let room = this.#maxBytes - fs.fstatSync(fd).size;
    let text = torn ? NEWLINE : '';
    let count = 0;
    for (const line of lines) {
      const letter = `{"sink":${sink},"reason":${why},"time":"${clock.isoTime()}","event":${line}}${NEWLINE}`;
      room -= Buffer.byteLength(letter);
      if (room < 0) {
        this.#onError(
          `the dead-letter file ${this.#path} is full, further events are not kept; ` +
            'move it away, or raise option "deadLetter.maxBytes"',
        );
        break;
      }
      text += letter;
      count += 1;
    }
    return { bytes: Buffer.from(text), count };
  }

  #failed(error: unknown): void {
    this.#onError(`events could not be written to the dead-letter file ${this.#path}`, error);
  }
}

function errorText(error: unknown): string {
  if (!(error instanceof Error) || error.message === '') return '';
  return `: ${maskSecrets(error.message).slice(0, MAX_REASON_LENGTH)}`;
}
