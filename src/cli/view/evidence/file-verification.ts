import { BlockScan } from '../../../chaukas/verify/block-scan.js';
import { EventVerifier } from '../../../chaukas/verify/event-verifier.js';
import type { VerificationReport } from '../../../chaukas/verify/findings.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../../version.js';
import { BlockSplitter, type ReadBlock } from '../../input/line-blocks.js';
import { parseEvent } from '../../input/read-events.js';
import { AuditFacts } from '../../report/audit-facts.js';
import type { ReportPage } from '../../report/page.js';
import { reportPage } from '../../report/report-page.js';
import type { CheckpointFact, StreamFact } from '../../report/stream-facts.js';
import {
  type EvidenceFiles,
  type GivenEvidence,
  LineOrigins,
  linesOf,
} from '../../verify/verified-inputs.js';

/** Keys and anchors: as the user named them, and as they were read. */
export interface ViewEvidence {
  readonly named: EvidenceFiles;
  readonly given: GivenEvidence;
}

/** Rows of a table in the report. */
export const MAX_ROWS = 1000;

/** Verified without a pause, which takes about 2 ms. */
const BLOCK_BYTES = 64 * 1024;

/** A line of a file, which has a number in the index. */
export interface FilePlace {
  readonly file: number;
  readonly line: number;
}

/** The result as plain data, which a thread can hand over. */
export interface FileVerdict {
  readonly verification: VerificationReport;
  /** The line of each finding, in their order; `undefined` for a finding about no line. */
  readonly places: readonly (FilePlace | undefined)[];
  readonly streams: readonly StreamFact[];
  readonly checkpoints: readonly CheckpointFact[];
  /** The page of `agent-events report`. */
  readonly page: ReportPage;
}

/** A part of the input, in its order: the beginning of a file, its bytes, and its end. */
export type VerificationStep =
  | { readonly kind: 'file'; readonly file: number; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

/** Verifies files as one stream, and gathers what the report says of them. */
export class FileVerification {
  readonly #evidence: ViewEvidence;
  readonly #verifier: EventVerifier;
  readonly #scan = new BlockScan();
  readonly #facts = new AuditFacts(MAX_ROWS);
  readonly #origins = new LineOrigins();
  readonly #names = new Map<string, string>();
  #splitter = new BlockSplitter(BLOCK_BYTES);
  #name = '';
  #line = 1;
  #unreadableLines = 0;

  constructor(evidence: ViewEvidence) {
    this.#evidence = evidence;
    this.#verifier = new EventVerifier(evidence.given);
  }

  /** Takes a step. The work goes on with each item, so that the caller can pause in between. */
  *take(step: VerificationStep): Generator<void> {
    switch (step.kind) {
      case 'file':
        this.#splitter = new BlockSplitter(BLOCK_BYTES);
        this.#name = step.name;
        this.#names.set(String(step.file), step.name);
        this.#origins.begin(String(step.file));
        this.#line = 1;
        break;
      case 'bytes': {
        const { buffer, byteOffset, byteLength } = step.bytes;
        const bytes = Buffer.from(buffer, byteOffset, byteLength);
        for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
          yield* this.#verify(this.#splitter.push(bytes.subarray(start, start + BLOCK_BYTES)));
        }
        break;
      }
      case 'end':
        yield* this.#verify(this.#splitter.end());
        // The lines of the next file come after the last line of this one.
        this.#origins.inStream(this.#line - 1);
    }
  }

  *#verify(blocks: readonly ReadBlock[]): Generator<void> {
    for (const { bytes } of blocks) {
      if (bytes === undefined) {
        this.#unreadableLines += 1;
        this.#line += 1;
        continue;
      }
      const first = this.#line;
      const facts = this.#scan.scan(bytes);
      this.#verifier.addBlock(bytes, facts, this.#origins.inStream(first));
      this.#line += facts.lineCount;
      for (const line of linesOf(bytes, first)) {
        const parsed = parseEvent(line);
        if ('event' in parsed) this.#facts.add({ event: parsed.event, input: this.#name, line });
        else this.#unreadableLines += 1;
        yield;
      }
    }
  }

  /** @param madeAt - the time that the report states. */
  result(madeAt: string): FileVerdict {
    const { named, given } = this.#evidence;
    const verification = this.#verifier.end();
    const facts = this.#facts;
    return {
      verification,
      places: verification.findings.map(({ line }) => this.#placeOf(line)),
      streams: [...facts.streams.streams.values()].slice(0, MAX_ROWS),
      checkpoints: facts.streams.checkpoints.rows,
      page: reportPage({
        facts,
        verification,
        unreadableLines: this.#unreadableLines,
        inputs: [...new Set(this.#names.values())],
        placeOf: (line) => {
          const place = this.#placeOf(line);
          return place === undefined ? '' : `${this.#names.get(String(place.file))}:${place.line}`;
        },
        keys: named.publicKeys,
        witnessKeys: named.witnessKeys,
        anchors: given.anchors.length,
        madeAt,
        madeBy: `${PACKAGE_NAME} ${PACKAGE_VERSION}`,
        maxRows: MAX_ROWS,
      }),
    };
  }

  #placeOf(line: number): FilePlace | undefined {
    const origin = this.#origins.of(line);
    return origin && { file: Number(origin.input), line: origin.line };
  }
}
