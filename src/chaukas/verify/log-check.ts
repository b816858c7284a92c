import type { KeyObject } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { asCount, asNonEmptyString, asRecord } from '../../json/readers.js';
import {
  CHECKPOINT_MESSAGE,
  COSIGNED_MESSAGE,
  endNote,
  type LogCheckpoint,
  parseCheckpoint,
  SIGNED_STREAM_PREFIX,
  textHash,
} from '../transparency-log/checkpoint-note.js';
import { type NoteSignature, parseNote, type SignedNote } from '../transparency-log/signed-note.js';
import {
  formatVerifierKey,
  signaturesBy,
  type VerifierKey,
  verifierKeyOf,
} from '../transparency-log/verifier-key.js';
import { isEarlier } from '../utc-timestamp.js';
import { type Findings, type Subject, shown } from './findings.js';
import type { PlacedEvent } from './line-check.js';
import { type GivenAnchor, LeafLimits, StreamLeaves } from './stream-leaves.js';

/** Maximum number of checkpoints whose cosignatures may still come. */
const MAX_COSIGNABLE = 100;

/** Maximum number of keys that are listed as signers. */
const MAX_SIGNERS = 100;

export interface LogOptions {
  readonly publicKeys: readonly (string | KeyObject)[];
  readonly witnessKeys: readonly (string | KeyObject)[];
  readonly anchors: readonly string[];
}

/** The checkpoints of one stream so far. */
export interface StreamLog {
  readonly id: string;
  readonly isSigned: boolean;
  readonly leaves: StreamLeaves;
  /** The newest checkpoint that could be used. */
  last: LogCheckpoint | undefined;
  lastTextHash: string | undefined;
  /** Number of checkpoints whose signature is valid. */
  verified: number;
  cosigned: boolean;
  /** Hashes of the texts of recent checkpoints. */
  readonly cosignable: BoundedMap<string, true>;
  /** Number of events behind the newest valid checkpoint, without those that hold checkpoints. */
  unsigned: number;
  /** Whether the END says that the stream is closed, so that a signature covers it. */
  isClosed: boolean;
}

/** Checks the signed checkpoints of the streams, the cosignatures of witnesses, and anchors that were kept elsewhere. */
export class LogCheck {
  /** Number of checkpoints with a valid signature, of valid cosignatures and of anchors that agree. */
  verified = 0;
  cosignatures = 0;
  /** Whether one of the streams so far has checkpoints or anchors. */
  needsLeaves = false;
  readonly #findings: Findings;
  readonly #keys: readonly VerifierKey[];
  readonly #witnesses: readonly VerifierKey[];
  readonly #anchors = new Map<string, GivenAnchor[]>();
  readonly #limits = new LeafLimits();
  /** Verifier keys by name and id in a signature. */
  readonly #signers = new Map<string, string>();
  #streams = 0;

  constructor(findings: Findings, { publicKeys, witnessKeys, anchors }: LogOptions) {
    this.#findings = findings;
    this.#keys = publicKeys.map((key) => verifierKeyOf(key));
    this.#witnesses = witnessKeys.map((key) => verifierKeyOf(key, 'cosignature'));
    for (const [index, note] of anchors.entries()) this.#addAnchor(note, index + 1);
  }

  get signers(): readonly string[] {
    return [...this.#signers.values()];
  }

  /** Number of anchors that the streams agree with. */
  get anchors(): number {
    return [...this.#anchors.values()].flat().filter(({ isFound }) => isFound).length;
  }

  begin(id: string): StreamLog {
    this.#streams += 1;
    const isSigned = id.startsWith(SIGNED_STREAM_PREFIX);
    const anchors = this.#anchors.get(id) ?? [];
    const needsLeaves = isSigned || anchors.length > 0;
    this.needsLeaves ||= needsLeaves;
    return {
      id,
      isSigned,
      leaves: new StreamLeaves(this.#limits, anchors, needsLeaves),
      last: undefined,
      lastTextHash: undefined,
      verified: 0,
      cosigned: false,
      cosignable: new BoundedMap(MAX_COSIGNABLE),
      unsigned: 0,
      isClosed: false,
    };
  }

  add(log: StreamLog, event: PlacedEvent): void {
    log.leaves.add(event);
    log.unsigned += 1;
  }

  /** Adds a SYSTEM event of the stream's own session. */
  addSystem(log: StreamLog, event: PlacedEvent): void {
    const message = asRecord(event.metadata)?.message;
    if (message === CHECKPOINT_MESSAGE) this.#checkpoint(log, event);
    else if (message === COSIGNED_MESSAGE) this.#cosigned(log, event);
    else log.unsigned += 1;
    log.leaves.add(event);
  }

  /** Checks the END of a stream. */
  ended(log: StreamLog, event: PlacedEvent, isWhole: boolean): void {
    log.leaves.add(event);
    log.unsigned += 1;
    this.#checkEnd(log, event, isWhole);
    log.leaves.release();
  }

  #checkEnd(log: StreamLog, event: PlacedEvent, isWhole: boolean): void {
    const { metadata, worm_proof_id: proof, subject } = event;
    if (!log.isSigned) return;
    if (asRecord(metadata)?.closed !== true) {
      if (proof !== undefined) this.#unexpected(subject);
      return;
    }
    log.isClosed = true;
    if (typeof proof !== 'string') {
      this.#findings.error(
        'bad_end_proof',
        subject,
        'the END of the stream has no signature in worm_proof_id',
      );
      return;
    }
    // Without a key nothing can be said. That events are missing has been said, and the signature covers those, too.
    if (this.#keys.length === 0 || !isWhole) return;
    log.leaves.advance(log.leaves.known);
    const size = asCount(asRecord(metadata)?.stream_event_count) ?? 0;
    const note = readNote(endNote(log.id, size, log.leaves.root(), proof));
    if (note === undefined || !this.#isSigned(note)) {
      const message =
        'the signature in worm_proof_id is not one of the given public keys over all events of the stream';
      this.#findings.error('bad_end_proof', subject, message);
    }
  }

  /**
   * Reports what is not signed, when all events have been read.
   *
   * @param hasEnded - whether the stream has an END.
   * @param isVouchedFor - whether a signed stream has seen the last event of this one.
   */
  endStream(log: StreamLog, subject: Subject, hasEnded: boolean, isVouchedFor: boolean): void {
    const { leaves } = log;
    if (leaves.anchors.length > 0) leaves.advance(leaves.known);
    for (const anchor of leaves.anchors) {
      if (anchor.isFound) continue;
      const { checkpoint, number } = anchor;
      const size = `anchor ${number} says that the stream had ${checkpoint.size} events`;
      if (checkpoint.size > leaves.known) {
        const message = `${size}${timeOf(checkpoint)}, but ${leaves.known} are here`;
        this.#findings.error('missing_anchor', subject, message);
      } else {
        this.#findings.error('different_anchor', subject, `${size}, but these are not the same`);
      }
    }
    if (this.#witnesses.length > 0 && !log.cosigned) {
      const message = 'no checkpoint of the stream has a signature of a given witness';
      this.#findings.warning('missing_cosignature', subject, message);
    }
    if (this.#keys.length === 0) return;
    if (log.verified === 0 && (hasEnded || !isVouchedFor)) {
      this.#findings.error(
        'missing_checkpoint',
        subject,
        'the stream has no checkpoint with a valid signature',
      );
    } else if (!log.isClosed && log.unsigned > 0) {
      const message = `${log.unsigned} events behind the newest checkpoint of the stream are not signed`;
      // An END without a signature is as good as none: it may stand in the place of one that counts more events.
      if (hasEnded && !isVouchedFor) {
        const reason = `the END of the stream is not signed, and no later stream names it; ${message}`;
        this.#findings.error('unclosed_stream', subject, reason);
      } else {
        this.#findings.warning('unsigned_events', subject, message);
      }
    }
  }

  /** Reports anchors of streams that are not here, and an input in which nothing is signed. */
  end(): void {
    for (const anchor of [...this.#anchors.values()].flat()) {
      if (anchor.isUsed) continue;
      const { checkpoint, number } = anchor;
      const message = `anchor ${number} is of stream ${shown(checkpoint.origin)}, which is not here`;
      this.#findings.error('missing_anchor', { line: 0 }, message);
    }
    if (this.#keys.length > 0 && this.#streams === 0) {
      this.#findings.error('missing_checkpoint', { line: 0 }, 'there is no stream, and so no checkpoint');
    }
  }

  /** A member that only the END of a signed stream has, and that no hash covers. */
  checkProof({ worm_proof_id: proof, type, session_id: sessionId, metadata, subject }: PlacedEvent): void {
    if (proof === undefined) return;
    const isEnd = type === 'EVENT_TYPE_SESSION_END' && sessionId.startsWith(SIGNED_STREAM_PREFIX);
    if (!isEnd || asRecord(metadata)?.stream_sha256 === undefined) this.#unexpected(subject);
  }

  #unexpected(subject: Subject): void {
    const message = 'the event has a worm_proof_id, which only the END of a signed stream has';
    this.#findings.error('unexpected_proof', subject, message);
  }

  #addAnchor(text: string, number: number): void {
    const note = readNote(text);
    const checkpoint = note && parseCheckpoint(note.text);
    const problem =
      note === undefined || checkpoint === undefined
        ? 'is not a signed checkpoint'
        : this.#keys.length > 0 && !this.#isSigned(note)
          ? 'is not signed with one of the given public keys'
          : this.#countCosignatures(note) === undefined
            ? 'has a wrong signature of a given witness'
            : undefined;
    if (checkpoint === undefined || problem !== undefined) {
      this.#findings.error('bad_anchor', { line: 0 }, `anchor ${number} ${problem}`);
      return;
    }
    const anchor: GivenAnchor = { checkpoint, number, isUsed: false, isFound: false };
    const others = this.#anchors.get(checkpoint.origin);
    if (others === undefined) this.#anchors.set(checkpoint.origin, [anchor]);
    else others.push(anchor);
  }

  #checkpoint(log: StreamLog, event: PlacedEvent): void {
    const { subject } = event;
    const metadata = asRecord(event.metadata) ?? {};
    const note = readNote(metadata.checkpoint);
    const checkpoint = note && parseCheckpoint(note.text);
    const bad = (problem: string) =>
      this.#findings.error('bad_checkpoint', subject, `the checkpoint ${problem}`);
    if (note === undefined || checkpoint?.number === undefined) bad('cannot be read');
    else if (checkpoint.origin !== log.id) bad(`is of another stream, ${shown(checkpoint.origin)}`);
    else if (!log.isSigned)
      bad('is in a stream whose id does not begin with "checkpoints-", which is not signed');
    else if (this.#keys.length > 0 && !this.#isSigned(note)) {
      bad('is not signed with one of the given public keys');
      // The numbers go on, so that one damaged signature is one finding.
      if (checkpoint.number === (log.last?.number ?? 0) + 1) this.#accept(log, note, checkpoint);
    } else if (this.#isNext(log, checkpoint, subject)) {
      this.#checkTree(log, checkpoint, metadata.last_event_id, metadata.subtrees, subject);
      this.#accept(log, note, checkpoint);
      if (this.#keys.length === 0) return;
      log.verified += 1;
      this.verified += 1;
      log.unsigned = log.leaves.knownBehind(checkpoint.size);
    }
  }

  /** Whether a checkpoint can follow the one before. */
  #isNext({ last, lastTextHash }: StreamLog, checkpoint: LogCheckpoint, subject: Subject): boolean {
    const { number = 0, previous, size, time = '' } = checkpoint;
    const expected = (last?.number ?? 0) + 1;
    if (number < expected) {
      const message = `checkpoint ${number} comes again, or after checkpoint ${expected - 1}`;
      this.#findings.error('repeated_checkpoint', subject, message);
      return false;
    }
    if (number > expected) {
      const missing =
        number === expected + 1
          ? `checkpoint ${expected} is`
          : `checkpoints ${expected} to ${number - 1} are`;
      this.#findings.error('missing_checkpoint', subject, `${missing} missing before checkpoint ${number}`);
    } else if (previous !== lastTextHash) {
      const message = `checkpoint ${number} does not name the checkpoint before it`;
      this.#findings.error('inconsistent_checkpoint', subject, message);
    }
    if (last?.isFinal) {
      const message = `checkpoint ${number} comes after the one that is marked as final`;
      this.#findings.error('inconsistent_checkpoint', subject, message);
    }
    if (last !== undefined && size <= last.size) {
      const message = `checkpoint ${number} covers ${size} events, and the one before it ${last.size}`;
      this.#findings.error('inconsistent_checkpoint', subject, message);
    }
    if (isEarlier(time, last?.time ?? '')) {
      const message = `checkpoint ${number} has the time ${time}, which is before that of the checkpoint before it`;
      this.#findings.warning('time_goes_back', subject, message);
    }
    return true;
  }

  /** Compares the events with the tree that a checkpoint signs, and goes on from there if they differ. */
  #checkTree(
    log: StreamLog,
    checkpoint: LogCheckpoint,
    lastId: unknown,
    subtrees: unknown,
    subject: Subject,
  ): void {
    const { leaves } = log;
    const { number, root, size } = checkpoint;
    if (size < leaves.size) {
      // A smaller tree than that of the checkpoint before has been reported.
      if (size > (log.last?.size ?? 0)) {
        const message = `checkpoint ${number} comes too long after the events that it covers, and is not compared with them`;
        this.#findings.error('limit_reached', subject, message);
      }
      return;
    }
    const covered = leaves.coveredUpTo(asNonEmptyString(lastId) ?? '');
    if (covered === size) {
      leaves.advance(size);
      if (leaves.root() === root) return;
      const message = `the events are not those that checkpoint ${number} signs: the root of their tree differs`;
      this.#findings.error('inconsistent_checkpoint', subject, message);
    } else {
      const message = `checkpoint ${number} covers ${size} events, but ${covered} of its stream are here`;
      this.#findings.error(covered < size ? 'removed_event' : 'inserted_event', subject, message);
      leaves.advance(covered);
    }
    if (!leaves.resume(checkpoint, subtrees)) {
      this.#findings.error(
        'bad_checkpoint',
        subject,
        `the subtrees of checkpoint ${number} do not lead to its root`,
      );
    }
  }

  #accept(log: StreamLog, note: SignedNote, checkpoint: LogCheckpoint): void {
    log.last = checkpoint;
    log.lastTextHash = textHash(note.text);
    log.cosignable.set(log.lastTextHash, true);
    this.#checkCosignatures(log, note, undefined);
  }

  #cosigned(log: StreamLog, event: PlacedEvent): void {
    const { subject } = event;
    const note = readNote(asRecord(event.metadata)?.checkpoint);
    if (note === undefined || log.cosignable.get(textHash(note.text)) === undefined) {
      const message = 'the cosigned note is not one of the newest checkpoints of the stream';
      this.#findings.error('bad_cosignature', subject, message);
    } else {
      this.#checkCosignatures(log, note, subject);
    }
  }

  /** Cosignatures on the checkpoint itself, and those that came later. */
  #checkCosignatures(log: StreamLog, note: SignedNote, subject: Subject | undefined): void {
    const valid = this.#countCosignatures(note);
    if (valid === undefined) {
      const message = 'the checkpoint has a signature that names a given witness and is wrong';
      this.#findings.error('bad_cosignature', subject ?? { line: 0, sessionId: log.id }, message);
    } else if (valid > 0) {
      log.cosigned = true;
      this.cosignatures += valid;
    }
  }

  /** Number of signatures of given witnesses; `undefined` if one is wrong. */
  #countCosignatures(note: SignedNote): number | undefined {
    return this.#witnesses.length === 0 ? 0 : signaturesBy(this.#witnesses, note)?.length;
  }

  /** Whether one of the given public keys signed a note, and none of their signatures is wrong. */
  #isSigned(note: SignedNote): boolean {
    const signatures = signaturesBy(this.#keys, note);
    if (signatures === undefined || signatures.length === 0) return false;
    for (const signature of signatures) this.#addSigner(note, signature);
    return true;
  }

  #addSigner(note: SignedNote, signature: NoteSignature): void {
    const id = `${signature.keyId} ${signature.name}`;
    if (this.#signers.has(id) || this.#signers.size >= MAX_SIGNERS) return;
    const own = { ...note, signatures: [signature] };
    const key = this.#keys.find((known) => signaturesBy([known], own)?.length === 1);
    if (key !== undefined) this.#signers.set(id, formatVerifierKey(signature.name, key.key, key.type));
  }
}

/** A note from the input, of whatever type it is. */
function readNote(note: unknown): SignedNote | undefined {
  return typeof note === 'string' ? parseNote(note) : undefined;
}

function timeOf({ time }: LogCheckpoint): string {
  return time === undefined ? '' : ` at ${time}`;
}
