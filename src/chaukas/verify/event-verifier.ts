import type { KeyObject } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import { type ChaukasEvent, EVENT_TYPES } from '../event.js';
import { LEAF_BYTES } from '../transparency-log/merkle-tree.js';
import { type BlockFacts, type LineBlock, textOf } from './block-scan.js';
import { viewOf } from './canonical-text.js';
import { ChainCheck } from './chain-check.js';
import { Findings, type Subject, shown, type VerificationReport } from './findings.js';
import { checkLine, eventIn, type LineVerdict, type PlacedEvent, placedEvent } from './line-check.js';
import { LineScan, NOT_PASSED, NUMBERS_PER_LINE, TYPE_INDEX } from './line-scan.js';
import { LogCheck } from './log-check.js';
import { ScannedEvent } from './placed-event.js';
import { SessionCheck } from './session-check.js';
import { StreamCheck } from './stream-check.js';
import { KeptEvent } from './text-rows.js';

/** Options of {@link EventVerifier} and of `verifyEvents`. */
export interface VerificationOptions {
  /**
   * Ed25519 public keys that may sign checkpoints: PEM, `KeyObject`, or C2SP verifier key (`name+id+base64`).
   *
   * @defaultValue `[]`: signatures are not verified
   */
  readonly publicKeys?: readonly (string | KeyObject)[];
  /**
   * Keys of witnesses that may cosign checkpoints, in the same forms.
   *
   * @defaultValue `[]`: cosignatures are not verified
   */
  readonly witnessKeys?: readonly (string | KeyObject)[];
  /**
   * Checkpoints that were kept elsewhere, as signed notes. The stream of each must be in the input, with at least as many
   * events, and with the same ones up to that number.
   *
   * @defaultValue `[]`
   */
  readonly anchors?: readonly string[];
}

const NEWLINE = 0x0a;
/** The UTF-8 of U+FFFD. */
const REPLACEMENT = Buffer.from('\ufffd');
/** UTF-8 takes at most 3 bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;
const USUAL_LINE_BYTES = 16 * 1024;
const MAX_ENCODED_BYTES = 1024 * 1024;

const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);

/** Maximum number of unknown types that are reported. */
const MAX_UNKNOWN_TYPES = 100;

/**
 * Verifies events line by line: the five rules in the section "What must hold in every stream" of chaukas-spec, the
 * streams, and signed checkpoints. Memory is limited: it grows with the sessions that are open, not with the events. A
 * finding says if a limit was reached.
 */
export class EventVerifier {
  readonly #findings = new Findings();
  readonly #chains = new ChainCheck(this.#findings);
  readonly #log: LogCheck;
  readonly #streams: StreamCheck;
  readonly #sessions: SessionCheck;
  readonly #unknownTypes = new Set<string>();
  #events = 0;
  /** The event with the highest id so far. */
  readonly #newest = new KeptEvent();
  /** Whether each event so far has the hash of its content, so that one with another id has another hash. */
  #areProven = true;
  readonly #scan = new LineScan();
  readonly #numbers = new Int32Array(NUMBERS_PER_LINE);
  readonly #scanned = new ScannedEvent();
  #encoded = Buffer.alloc(USUAL_LINE_BYTES);
  /** A line that is not JSON. It is reported as torn if it is the last line. */
  #unreadable: Subject | undefined;

  constructor({ publicKeys = [], witnessKeys = [], anchors = [] }: VerificationOptions = {}) {
    this.#log = new LogCheck(this.#findings, { publicKeys, witnessKeys, anchors });
    this.#streams = new StreamCheck(this.#findings, this.#chains, this.#log);
    this.#sessions = new SessionCheck(this.#findings, this.#chains, this.#streams);
  }

  /** Whether leaves of Merkle trees are needed, as far as it is known. */
  get needsLeaves(): boolean {
    return this.#log.needsLeaves;
  }

  /** @param lineNumber - counted from 1. Empty lines can be skipped. */
  add(line: string, lineNumber: number): void {
    const room = line.length * MAX_BYTES_PER_UNIT + 1;
    if (room > this.#encoded.length && room <= MAX_ENCODED_BYTES) this.#encoded = Buffer.alloc(room);
    const bytes = this.#encoded;
    if (room > bytes.length) {
      this.#addJudged(checkLine(line), line, lineNumber);
      return;
    }
    const end = bytes.write(line);
    bytes[end] = NEWLINE;
    // Half of a surrogate pair is written as U+FFFD, so it would be hashed as another text.
    const numbers = this.#numbers.fill(0);
    const passes = this.#scan.passes(bytes, 0, end, true, numbers, 0);
    if (passes && bytes.subarray(0, end).indexOf(REPLACEMENT) === -1) {
      this.#scanned.setBytes(bytes, undefined);
      this.#scanned.read(numbers, 0, lineNumber);
      this.#addScanned(this.#scanned);
    } else {
      this.#addJudged(checkLine(line), line, lineNumber);
    }
  }

  /**
   * Adds the lines of a block.
   *
   * @param facts - what a scan of this block found.
   * @param firstLine - number of its first line, counted from 1.
   */
  addBlock(block: LineBlock, { lineCount, numbers, leaves, verdicts }: BlockFacts, firstLine: number): void {
    let judged = 0;
    const event = this.#scanned;
    event.setBytes(block, leaves && viewOf(leaves));
    for (let index = 0; index < lineCount; index += 1) {
      const offset = index * NUMBERS_PER_LINE;
      if (numbers[offset + TYPE_INDEX] !== NOT_PASSED) {
        event.read(numbers, offset, firstLine + index);
        event.leafAt = index * LEAF_BYTES;
        this.#addScanned(event);
        continue;
      }
      const start = numbers[offset] as number;
      const text = textOf(block, start, block.indexOf(NEWLINE, start));
      this.#addJudged(verdicts[judged] as LineVerdict, text, firstLine + index);
      judged += 1;
    }
  }

  /** Adds a line that has no finding of its own. */
  #addScanned(event: ScannedEvent): void {
    this.#reportUnreadable();
    this.#events += 1;
    if (!this.#isCopy(event)) this.#sessions.add(event);
  }

  #addJudged(verdict: LineVerdict, line: string, lineNumber: number): void {
    if (verdict.kind === 'blank') return;
    this.#reportUnreadable();
    const event = verdict.kind === 'event' ? eventIn(line) : undefined;
    if (event === undefined || verdict.kind !== 'event') {
      const subject = { line: lineNumber };
      if (verdict.kind === 'not an event') {
        this.#findings.error('unreadable_line', subject, verdict.message);
      } else {
        this.#unreadable = subject;
      }
      return;
    }
    this.#events += 1;
    const subject = { line: lineNumber, eventId: shown(event.event_id), sessionId: shown(event.session_id) };
    for (const { code, message } of verdict.form) this.#findings.error(code, subject, message);
    this.#checkType(event, subject);
    if (verdict.hash !== undefined) {
      this.#areProven = false;
      this.#findings.error(verdict.hash.code, subject, verdict.hash.message);
    }
    const placed = placedEvent(event, subject);
    this.#log.checkProof(placed);
    if (!this.#isCopy(placed)) this.#sessions.add(placed);
  }

  /** Returns the result. No line may be added afterwards. */
  end(): VerificationReport {
    if (this.#unreadable !== undefined) {
      const message = 'the last line is torn: the process crashed while writing it, or is still writing';
      this.#findings.error('torn_line', this.#unreadable, message);
    }
    this.#streams.end();
    this.#sessions.end();
    this.#chains.end();
    this.#log.end();
    return {
      events: this.#events,
      sessions: this.#sessions.count,
      streams: this.#streams.count,
      checkpoints: this.#log.verified,
      cosignatures: this.#log.cosignatures,
      anchors: this.#log.anchors,
      signers: this.#log.signers,
      findings: this.#findings.sorted(),
      findingsOmitted: this.#findings.omitted,
    };
  }

  #reportUnreadable(): void {
    if (this.#unreadable === undefined) return;
    this.#streams.addTorn(this.#unreadable);
    this.#unreadable = undefined;
  }

  /** A copy far behind the original is out of order as well, so it suffices to remember recent events. */
  #isCopy(event: PlacedEvent): boolean {
    if (this.#newest.compareId(event) > 0) {
      this.#newest.keep(event);
      // Ids ascend in a file that one process wrote, and an event that is newer than all before is not a copy of one.
      if (this.#areProven) return false;
    }
    const { content_hash: hash } = event;
    const line = hash === undefined ? undefined : this.#chains.lineOf(hash);
    if (line === undefined) return false;
    this.#findings.error('duplicate_id', event.subject, `the event is a copy of that in line ${line}`);
    return true;
  }

  #checkType(event: ChaukasEvent, subject: Subject): void {
    const type = shown(event.type);
    if (KNOWN_TYPES.has(type) || this.#unknownTypes.has(type)) return;
    if (this.#unknownTypes.size >= MAX_UNKNOWN_TYPES) return;
    this.#unknownTypes.add(type);
    this.#findings.warning('unknown_type', subject, `unknown event type ${type}`);
  }
}

/**
 * Verifies that a stream of events is complete and unchanged: hashes and chains, pairs, parents, order and counts, and,
 * with `publicKeys`, the signatures of checkpoints. See the section "What must hold in every stream" of chaukas-spec.
 *
 * ```ts
 * const report = await verifyEvents(createInterface({ input: createReadStream('audit/events.jsonl') }));
 * for (const { line, message } of report.findings) console.error(`line ${line}: ${message}`);
 * ```
 *
 * @param events - lines of a file, or events, in the order of the stream.
 * @returns the findings. It never rejects because of the content of a line, only if `events` rejects.
 */
export async function verifyEvents(
  events: Iterable<string | ChaukasEvent> | AsyncIterable<string | ChaukasEvent>,
  options?: VerificationOptions,
): Promise<VerificationReport> {
  const verifier = new EventVerifier(options);
  let lineNumber = 0;
  for await (const event of events) {
    lineNumber += 1;
    const line = typeof event === 'string' ? event : lineOf(event);
    if (line.trim() !== '') verifier.add(line, lineNumber);
  }
  return verifier.end();
}

/** An event that cannot be serialised is reported as a line that is not JSON. */
function lineOf(event: ChaukasEvent): string {
  try {
    return canonicalJson(event as never);
  } catch {
    return 'not JSON';
  }
}
