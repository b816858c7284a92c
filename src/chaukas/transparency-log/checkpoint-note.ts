/**
 * The text of a checkpoint (https://c2sp.org/tlog-checkpoint): which stream, how many events, and the root of the tree
 * over them. Extension lines number the checkpoints and join each to the one before:
 *
 * ```text
 * checkpoints-0197a3c0-5a1e-7bd4-a5b0-1f9c6a1f7d10
 * 612
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 * checkpoint 2
 * time 2026-11-29T16:20:00.000Z
 * previous 3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
 * final
 * ```
 */
import { hash } from 'node:crypto';
import { isHashText } from './merkle-tree.js';

/** How the id of a stream begins that is signed. */
export const SIGNED_STREAM_PREFIX = 'checkpoints-';

/** `metadata.message` of the events that hold a checkpoint, and one with the signatures of witnesses. */
export const CHECKPOINT_MESSAGE = 'checkpoint';
export const COSIGNED_MESSAGE = 'checkpoint cosigned';

export interface LogCheckpoint {
  /** The id of the stream. */
  readonly origin: string;
  /** Number of events that the checkpoint covers, from the first of the stream on. */
  readonly size: number;
  /** Root of the Merkle tree over them, in base64. */
  readonly root: string;
  /** Number of the checkpoint in the stream, from 1. */
  readonly number?: number;
  /** When it was made, RFC 3339. */
  readonly time?: string;
  /** {@link textHash} of the checkpoint before; the first one has none. */
  readonly previous?: string;
  /** Whether it is the last of the stream. */
  readonly isFinal: boolean;
}

const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
const NUMBER_LINE = 'checkpoint ';
const TIME_LINE = 'time ';
const PREVIOUS_LINE = 'previous ';
const FINAL_LINE = 'final';

/** Returns the text of a checkpoint, which is what is signed. */
export function formatCheckpoint(checkpoint: LogCheckpoint): string {
  const { origin, size, root, number, time, previous, isFinal } = checkpoint;
  const lines = [origin, String(size), root];
  if (number !== undefined) lines.push(`${NUMBER_LINE}${number}`);
  if (time !== undefined) lines.push(TIME_LINE + time);
  if (previous !== undefined) lines.push(PREVIOUS_LINE + previous);
  if (isFinal) lines.push(FINAL_LINE);
  return `${lines.join('\n')}\n`;
}

/**
 * Reads the text of a checkpoint; `undefined` if it is not one, or one of our extension lines is wrong or stands there
 * twice. Extension lines of others are ignored.
 */
export function parseCheckpoint(text: string): LogCheckpoint | undefined {
  if (!text.endsWith('\n')) return undefined;
  const lines = text.slice(0, -1).split('\n');
  const [origin = '', size = '', root = '', ...extensions] = lines;
  if (lines.includes('') || !isHashText(root)) return undefined;
  const treeSize = wholeNumber(size);
  const own = parseExtensions(extensions);
  return treeSize === undefined || own === undefined ? undefined : { origin, size: treeSize, root, ...own };
}

/** The hash by which a checkpoint names the one before, in base64. */
export function textHash(text: string): string {
  return hash('sha256', text, 'base64');
}

/**
 * Returns the note that proves the end of a stream. Its END cannot hold a checkpoint that covers the END itself, so it
 * holds the signature in `worm_proof_id`, which is not hashed.
 *
 * @param size - number of events in the stream, the END included.
 * @param root - root of the tree over all of them.
 * @param wormProofId - `<key name> <base64>`.
 */
export function endNote(streamId: string, size: number, root: string, wormProofId: string): string {
  return `${formatCheckpoint({ origin: streamId, size, root, isFinal: false })}\n— ${wormProofId}\n`;
}

type Extensions = Pick<LogCheckpoint, 'number' | 'time' | 'previous' | 'isFinal'>;

function parseExtensions(lines: readonly string[]): Extensions | undefined {
  const values = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  const numbers = values(NUMBER_LINE);
  const times = values(TIME_LINE);
  const previous = values(PREVIOUS_LINE);
  const finals = lines.filter((line) => line === FINAL_LINE);
  if ([numbers, times, previous, finals].some(({ length }) => length > 1)) return undefined;
  const number = numbers[0] === undefined ? undefined : wholeNumber(numbers[0]);
  const hasNumber = number !== undefined && number > 0;
  if (numbers.length > 0 && !hasNumber) return undefined;
  if (!times.every((time) => TIME.test(time)) || !previous.every((hashed) => isHashText(hashed))) {
    return undefined;
  }
  return {
    ...(hasNumber && { number }),
    ...(times[0] !== undefined && { time: times[0] }),
    ...(previous[0] !== undefined && { previous: previous[0] }),
    isFinal: finals.length > 0,
  };
}

function wholeNumber(text: string): number | undefined {
  if (!WHOLE_NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
