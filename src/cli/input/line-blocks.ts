/** Reading in blocks of whole lines, for commands that need not have each line as a text. */
import type { Progress } from '../output/messages.js';
import { expandedBytes, type Input } from './input.js';
import { type InputReport, readFailure } from './input-report.js';
import { MAX_LINE_BYTES } from './line-splitter.js';
import { counted } from './read-events.js';

/** Lines of an input in their order. */
export type ReadBlock =
  /** Whole lines, each with its newline. The memory belongs to this block alone. */
  | { readonly bytes: Buffer<ArrayBuffer> }
  /** One line that is longer than {@link MAX_LINE_BYTES}. */
  | { readonly bytes?: undefined };

/** The cost of a block is negligible beside that of its lines, and several of them fit into memory. */
const BLOCK_BYTES = 1024 * 1024;

/** From this size on, the lines in a chunk are a block that is not copied. The line before them is a block of its own. */
const UNCOPIED_BYTES = 256 * 1024;

const NEWLINE = 0x0a;

/** Yields the blocks of an input. A read error is reported and ends the input, not the program. */
export async function* readBlocks(
  input: Input,
  report: InputReport,
  progress?: Progress,
): AsyncGenerator<ReadBlock> {
  const splitter = new BlockSplitter();
  let isEmpty = true;
  let failed = false;
  const checked = (block: ReadBlock): ReadBlock => {
    isEmpty &&= block.bytes !== undefined && !/\S/.test(block.bytes.toString());
    return block;
  };
  progress?.begin(input.name, await input.size());
  try {
    for await (const chunk of expandedBytes(counted(input.read(), progress))) {
      for (const block of splitter.push(chunk)) yield checked(block);
    }
  } catch (error) {
    failed = true;
    report.input(input.name, readFailure(error, input.path));
  }
  for (const block of splitter.end()) yield checked(block);
  if (isEmpty && !failed) report.notice(input.name, 'is empty');
  progress?.end();
}

export class BlockSplitter {
  readonly #blockBytes: number;
  readonly #maxLineBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Number of bytes behind the last newline, and how many of them were dropped because they are too many. */
  #openBytes = 0;
  #isTooLong = false;

  constructor(blockBytes = BLOCK_BYTES, maxLineBytes = MAX_LINE_BYTES) {
    this.#blockBytes = blockBytes;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Returns the blocks that end within `chunk`. Keeps the rest, so the caller must not use its memory any more. */
  push(chunk: Buffer): ReadBlock[] {
    const first = chunk.indexOf(NEWLINE);
    if (first === -1) return this.#keepOpen(chunk);
    const blocks: ReadBlock[] = [];
    let rest = chunk;
    if (this.#isTooLong || this.#openBytes + first > this.#maxLineBytes) {
      blocks.push(...this.#take(), {});
      this.#isTooLong = false;
      rest = chunk.subarray(first + 1);
    }
    if (ownsMemory(rest) && rest.length >= UNCOPIED_BYTES) return [...blocks, ...this.#takeUncopied(rest)];
    const behindLast = rest.lastIndexOf(NEWLINE) + 1;
    if (behindLast > 0) {
      this.#keep(rest.subarray(0, behindLast));
      this.#openBytes = 0;
      if (this.#pendingBytes >= this.#blockBytes) blocks.push(...this.#take());
    }
    blocks.push(...this.#keepOpen(rest.subarray(behindLast)));
    return blocks;
  }

  /** The block that ends with the first line, and the one of the other lines, which has the memory of the chunk. */
  #takeUncopied(chunk: Buffer<ArrayBuffer>): ReadBlock[] {
    const behindFirst = chunk.indexOf(NEWLINE) + 1;
    const behindLast = chunk.lastIndexOf(NEWLINE) + 1;
    this.#keep(chunk.subarray(0, behindFirst));
    this.#openBytes = 0;
    const blocks = this.#take();
    // A copy, because the memory may be handed to another thread with the block.
    const open = Buffer.from(chunk.subarray(behindLast));
    if (behindLast > behindFirst) blocks.push({ bytes: chunk.subarray(behindFirst, behindLast) });
    return [...blocks, ...this.#keepOpen(open)];
  }

  /** Returns what is left. A last line without a newline gets one. */
  end(): ReadBlock[] {
    if (this.#isTooLong) return [...this.#take(), {}];
    if (this.#openBytes > 0) this.#keep(Buffer.of(NEWLINE));
    this.#openBytes = 0;
    return this.#take();
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** Keeps the beginning of a line whose end is in a later chunk. */
  #keepOpen(bytes: Buffer): ReadBlock[] {
    if (this.#isTooLong) return [];
    this.#keep(bytes);
    this.#openBytes += bytes.length;
    if (this.#openBytes <= this.#maxLineBytes) return [];
    const closed = this.#pendingBytes - this.#openBytes;
    const blocks = this.#take(closed);
    this.#isTooLong = true;
    return blocks;
  }

  /** Takes the first bytes that are kept, and drops the others. */
  #take(length = this.#pendingBytes - this.#openBytes): ReadBlock[] {
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const part of this.#pending) at += part.copy(bytes, at);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#openBytes = 0;
    return length === 0 ? [] : [{ bytes }];
  }
}

/** Whether no other buffer has the same memory, so that it can be handed to another thread. */
export function ownsMemory(bytes: Uint8Array): bytes is Buffer<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
