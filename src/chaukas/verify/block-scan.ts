/** Checks the lines of a block each for itself, which any thread can do. `EventVerifier` then puts them in their places. */
import { isUtf8 } from 'node:buffer';
import { checkLine, type LineVerdict } from './line-check.js';
import { LineScan, NOT_PASSED, NUMBERS_PER_LINE, TYPE_INDEX } from './line-scan.js';

/** Whole lines. The last one ends with a newline as well. */
export type LineBlock = Buffer;

/** Result of the scan of a block, line by line. */
export interface BlockFacts {
  readonly lineCount: number;
  /** For each line the numbers of `line-scan.ts`. */
  readonly numbers: Int32Array<ArrayBuffer>;
  /** For each line that did not pass there. */
  readonly verdicts: readonly LineVerdict[];
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/** Lines of a block, until it turns out to have more. */
const USUAL_LINES = 2048;

export class BlockScan {
  readonly #line = new LineScan();

  scan(block: LineBlock): BlockFacts {
    const verdicts: LineVerdict[] = [];
    const isText = isUtf8(block);
    let numbers = new Int32Array(USUAL_LINES * NUMBERS_PER_LINE);
    let lineCount = 0;
    for (let start = 0; start < block.length; lineCount += 1) {
      const newline = block.indexOf(NEWLINE, start);
      const offset = lineCount * NUMBERS_PER_LINE;
      if (offset === numbers.length) numbers = doubled(numbers);
      const passes = this.#line.passes(block, start, endOfText(block, start, newline), isText);
      numbers.set(this.#line.numbers, offset);
      if (!passes) {
        numbers[offset + TYPE_INDEX] = NOT_PASSED;
        verdicts.push(checkLine(textOf(block, start, newline)));
      }
      start = newline + 1;
    }
    return { lineCount, numbers, verdicts };
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
