/** Checks the lines of a block each for itself, which any thread can do. `EventVerifier` then puts them in their places. */
import { isUtf8 } from 'node:buffer';
import { LEAF_BYTES, leafHashAt } from '../transparency-log/merkle-tree.js';
import { checkLine, type LineVerdict } from './line-check.js';
import { LineScan, NOT_PASSED, NUMBERS_PER_LINE, PLACES, TYPE_INDEX } from './line-scan.js';

/** Whole lines. The last one ends with a newline as well. */
export type LineBlock = Buffer;

/** Result of the scan of a block, line by line. */
export interface BlockFacts {
  readonly lineCount: number;
  /** For each line the numbers of `line-scan.ts`. */
  readonly numbers: Int32Array<ArrayBuffer>;
  /** For each line that passed there the hash of its leaf in a Merkle tree, if it was asked for. */
  readonly leaves: Buffer<ArrayBuffer> | undefined;
  /** For each line that did not pass there. */
  readonly verdicts: readonly LineVerdict[];
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/** Bytes of a line, until a block turns out to have more lines. */
const USUAL_LINE_BYTES = 512;

export class BlockScan {
  readonly #line = new LineScan();

  /** @param withLeaves - whether the lines are likely to be in a signed stream. */
  scan(block: LineBlock, withLeaves = false): BlockFacts {
    const verdicts: LineVerdict[] = [];
    const isText = isUtf8(block);
    const usualLines = 1 + Math.ceil(block.length / USUAL_LINE_BYTES);
    let numbers = new Int32Array(usualLines * NUMBERS_PER_LINE);
    let leaves = withLeaves ? Buffer.allocUnsafeSlow(usualLines * LEAF_BYTES) : undefined;
    let lineCount = 0;
    for (let start = 0; start < block.length; lineCount += 1) {
      const newline = block.indexOf(NEWLINE, start);
      const offset = lineCount * NUMBERS_PER_LINE;
      if (offset === numbers.length) {
        numbers = doubled(numbers);
        leaves &&= Buffer.concat([leaves, Buffer.allocUnsafeSlow(leaves.length)]);
      }
      if (!this.#line.passes(block, start, endOfText(block, start, newline), isText, numbers, offset)) {
        numbers[offset + TYPE_INDEX] = NOT_PASSED;
        verdicts.push(this.#checkLine(block, start, newline, isText));
      } else if (leaves !== undefined) {
        const leaf = leafHashAt(block, numbers[offset + PLACES.content_hash] as number);
        leaves.write(leaf, lineCount * LEAF_BYTES, 'latin1');
      }
      start = newline + 1;
    }
    return { lineCount, numbers, leaves, verdicts };
  }

  #checkLine(block: LineBlock, start: number, newline: number, isText: boolean): LineVerdict {
    const verdict = checkLine(textOf(block, start, newline));
    const isProven = verdict.kind === 'event' && verdict.hash === undefined;
    if (!isProven || isText || isUtf8(block.subarray(start, newline))) return verdict;
    // Bytes that are not UTF-8 are read as U+FFFD, which may be what was hashed.
    const message = 'the line is not UTF-8: programs differ in what they read';
    return { ...verdict, hash: { code: 'changed_event', message } };
  }
}

/** The text of a line that begins at `start`, without its end and without a byte order mark. */
export function textOf(block: LineBlock, start: number, newline: number): string {
  const text = block.toString('utf8', start, endOfText(block, start, newline));
  // Not only at the beginning of a file: files with a mark may have been concatenated.
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

function endOfText(block: LineBlock, start: number, newline: number): number {
  return newline > start && block[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
