/** The verification of the files that a command reads, with the keys and anchors that it got. */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseNote } from '../../chaukas/transparency-log/signed-note.js';
import { formatVerifierKey, type VerifierKey } from '../../chaukas/transparency-log/verifier-key.js';
import { textOf } from '../../chaukas/verify/block-scan.js';
import { EventVerifier } from '../../chaukas/verify/event-verifier.js';
import type { VerificationReport } from '../../chaukas/verify/findings.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { Input } from '../input/input.js';
import { readFailure } from '../input/input-report.js';
import { readBlocks } from '../input/line-blocks.js';
import type { Line } from '../input/line-splitter.js';
import { isBlank, LINE_TOO_LONG } from '../input/read-events.js';
import { readVerifierKeys } from '../input/verifier-keys.js';
import type { MessageWriter } from '../output/messages.js';
import { ScanThreads, scanBlocks, type ThreadCount } from './scan-threads.js';

/** Keys and anchors as the user names them. */
export interface EvidenceFiles {
  /** The public keys that may have signed checkpoints, or their files. */
  readonly publicKeys: readonly string[];
  /** Keys of witnesses, in the same forms. */
  readonly witnessKeys: readonly string[];
  /** Files with checkpoints that were kept elsewhere. */
  readonly anchors: readonly string[];
}

/** Keys and anchors as the verification takes them. */
export interface GivenEvidence {
  readonly publicKeys: readonly (string | KeyObject)[];
  readonly witnessKeys: readonly (string | KeyObject)[];
  readonly anchors: readonly string[];
}

/** Reads keys and anchors; `undefined` if one of them cannot be read, for which a message is printed. */
export async function readEvidence(
  files: EvidenceFiles,
  messages: MessageWriter,
): Promise<GivenEvidence | undefined> {
  const publicKeys = await readVerifierKeys('--public-key', files.publicKeys, 'ed25519', messages);
  const witnessKeys = await readVerifierKeys('--witness-key', files.witnessKeys, 'cosignature', messages);
  const anchors = await readAnchors(files.anchors, messages);
  if (publicKeys === undefined || witnessKeys === undefined || anchors === undefined) return undefined;
  return { publicKeys: publicKeys.map(asOption), witnessKeys: witnessKeys.map(asOption), anchors };
}

/**
 * Verifies all inputs together, in their order: a session may begin in one file and end in the next.
 *
 * @param onLine - called for each line that is not blank, after it was verified.
 * @throws ScanThreadFailure - if a thread fails.
 */
export async function verifyInputs(
  run: CommandRun,
  inputs: readonly Input[],
  given: GivenEvidence,
  { jobs = ONE_JOB, onLine }: { readonly jobs?: ThreadCount; readonly onLine?: LineListener } = {},
): Promise<{ readonly report: VerificationReport; readonly origins: LineOrigins }> {
  const verifier = new EventVerifier(given);
  const origins = new LineOrigins();
  const threads = new ScanThreads(jobs);
  try {
    for (const input of inputs) {
      origins.begin(input.name);
      let line = 1;
      const blocks = readBlocks(input, run.report, run.progress);
      for await (const block of scanBlocks(blocks, threads, () => verifier.needsLeaves)) {
        if (block.bytes === undefined) {
          run.report.line(input.name, line, LINE_TOO_LONG);
          onLine?.({ number: line, text: '', tooLong: true }, input.name);
          line += 1;
          continue;
        }
        verifier.addBlock(block.bytes, block.facts, origins.inStream(line));
        if (onLine !== undefined) for (const each of linesOf(block.bytes, line)) onLine(each, input.name);
        line += block.facts.lineCount;
      }
      origins.inStream(line - 1);
    }
  } finally {
    await threads.close();
  }
  return { report: verifier.end(), origins };
}

type LineListener = (line: Line, input: string) => void;

const ONE_JOB: ThreadCount = { count: 1, isAsked: false };

/** Yields the lines of a block that are not blank. */
export function* linesOf(block: Buffer, firstLine: number): Generator<Line> {
  let number = firstLine;
  for (let start = 0; start < block.length; number += 1) {
    const newline = block.indexOf(NEWLINE, start);
    const line = { number, text: textOf(block, start, newline) };
    if (!isBlank(line)) yield line;
    start = newline + 1;
  }
}

const NEWLINE = 0x0a;

/**
 * Findings outweigh unreadable input. Omitted findings count as errors, since they may be. A stream without events proves
 * nothing, so it is not a success.
 */
export function exitCode(
  report: VerificationReport,
  run: CommandRun,
  { strict }: { readonly strict: boolean },
): ExitCode {
  const counted = report.findings.filter(({ severity }) => strict || severity === 'error');
  if (counted.length > 0 || report.findingsOmitted > 0) return EXIT.findings;
  return run.report.complete && report.events > 0 ? EXIT.ok : EXIT.input;
}

/** Input and line of a line in the stream. */
interface LineOrigin {
  readonly input: string;
  readonly line: number;
}

/** Maps lines of the stream back to the inputs, which are verified as one stream. */
export class LineOrigins {
  readonly #inputs: { readonly name: string; readonly offset: number }[] = [];
  #lines = 0;

  begin(input: string): void {
    this.#inputs.push({ name: input, offset: this.#lines });
  }

  /** The number in the stream of a line of the newest input. Must be called in the order of the lines. */
  inStream(lineNumber: number): number {
    this.#lines = (this.#inputs.at(-1)?.offset ?? 0) + lineNumber;
    return this.#lines;
  }

  /** `undefined` for line 0, which stands for no line. */
  of(lineInStream: number): LineOrigin | undefined {
    if (lineInStream < 1) return undefined;
    const input = this.#inputs.findLast(({ offset }) => offset < lineInStream);
    return input && { input: input.name, line: lineInStream - input.offset };
  }
}

/** A key with a name keeps it, because signatures of another name are not its own. */
function asOption({ name, key, type }: VerifierKey): string | KeyObject {
  return name === undefined ? key : formatVerifierKey(name, key, type);
}

/** The notes in the files; `undefined` if one has none, for which a message is printed. */
async function readAnchors(
  files: readonly string[],
  messages: MessageWriter,
): Promise<readonly string[] | undefined> {
  const anchors: string[] = [];
  let readable = 0;
  for (const file of files) {
    try {
      anchors.push(...notesIn(await readFile(file, 'utf8')));
      readable += 1;
    } catch (error) {
      messages.print(`--anchor ${file}: ${readFailure(error)}`);
    }
  }
  return readable === files.length ? anchors : undefined;
}

/** A file can have several notes, since an application may append each checkpoint to it. */
function notesIn(content: string): string[] {
  const notes = content
    .replaceAll('\r\n', '\n')
    .split(/(?<=^— .*\n)(?!— )/m)
    .map((note) => note.replace(/^\n+/, ''))
    .filter((note) => note !== '');
  if (notes.length === 0 || notes.some((note) => parseNote(note) === undefined)) {
    throw new Error('the file has no signed note (c2sp.org/signed-note)');
  }
  return notes;
}
