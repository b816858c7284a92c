/**
 * A proof that an event is in a stream, which stands alone: https://c2sp.org/tlog-proof with the line of the event as
 * its extra data. It shows one event to a third party and nothing else of the stream.
 */
import type { KeyObject } from 'node:crypto';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import type { ChaukasEvent } from '../event.js';
import { contentHash } from '../sealed-event.js';
import { findAmbiguity } from '../verify/ambiguous-json.js';
import { type LogCheckpoint, parseCheckpoint } from './checkpoint-note.js';
import { rootOfPath } from './merkle-tree.js';
import { parseNote } from './signed-note.js';
import { cosignatureTime, signaturesBy, type VerifierKey, verifierKeyOf } from './verifier-key.js';

export interface InclusionProof {
  /** The event as a line of a file. */
  readonly line: string;
  /** Index of the event in its stream. */
  readonly index: number;
  /** Hashes in base64 from the sibling of the event up. */
  readonly path: readonly string[];
  /** A signed note whose tree has the event. */
  readonly note: string;
}

/** Options of {@link verifyProof}. */
export interface ProofVerificationOptions {
  /** Keys that may have signed the checkpoint: PEM, `KeyObject`, or C2SP verifier keys. */
  readonly publicKeys: readonly (string | KeyObject)[];
  /**
   * Keys of witnesses, in the same forms.
   *
   * @defaultValue `[]`: cosignatures are not checked
   */
  readonly witnessKeys?: readonly (string | KeyObject)[];
}

/** The statement of a valid proof: who signed that this event is in the stream. */
export interface ProvenEvent {
  /** The event without `worm_proof_id`, which is not hashed and so not proven. */
  readonly event: ChaukasEvent;
  /** Id of the stream. */
  readonly streamId: string;
  /** Index of the event in its stream, from 0. */
  readonly index: number;
  /** Number of events in the stream when it was signed. */
  readonly size: number;
  /** When it was signed, by the clock of the process. The signature in the END of a stream does not say it. */
  readonly time?: string;
  /** Names of the keys that signed it. */
  readonly signers: readonly string[];
  /** Witnesses whose keys were given, and when each saw the checkpoint, in ms since the epoch. */
  readonly witnesses: readonly { readonly name: string; readonly time: number | undefined }[];
}

/** Result of {@link verifyProof}: the statement, or the reason why it is not proven. */
export type ProofResult =
  | { readonly proven: ProvenEvent; readonly problem?: undefined }
  | { readonly proven?: undefined; readonly problem: string };

const HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA = /^extra ([A-Za-z0-9+/]+={0,2})$/;
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;

/** Returns the proof as a text. Its usual file extension is `.tlog-proof`. */
export function formatProof({ line, index, path, note }: InclusionProof): string {
  const extra = Buffer.from(line).toString('base64');
  return `${[HEADER, `extra ${extra}`, `index ${index}`, ...path].join('\n')}\n\n${note}`;
}

/** Reads a proof; `undefined` if the text is not one. Nothing in it is checked. */
export function parseProof(text: string): InclusionProof | undefined {
  const end = text.indexOf('\n\n');
  if (end === -1) return undefined;
  const [header, extra = '', indexLine = '', ...path] = text.slice(0, end).split('\n');
  const [, base64] = EXTRA.exec(extra) ?? [];
  const [, index] = INDEX.exec(indexLine) ?? [];
  if (header !== HEADER || base64 === undefined || index === undefined) return undefined;
  const line = Buffer.from(base64, 'base64').toString('utf8');
  return { line, index: Number(index), path, note: text.slice(end + 2) };
}

/**
 * Checks a proof that `proveEvent` or `agent-events prove` made: that the event has the hash it names, that the path leads
 * from it to the root in the checkpoint, and that one of the keys signed the checkpoint.
 *
 * ```ts
 * const { proven, problem } = verifyProof(proof, { publicKeys: [publicKey] });
 * console.log(proven ? `${proven.event.type} is event ${proven.index + 1} of ${proven.streamId}` : problem);
 * ```
 *
 * @throws TypeError if one of the keys cannot be used. Whatever stands in the proof is a problem and not an error.
 */
export function verifyProof(
  proof: string,
  { publicKeys, witnessKeys = [] }: ProofVerificationOptions,
): ProofResult {
  const keys = publicKeys.map((key) => verifierKeyOf(key));
  const witnesses = witnessKeys.map((key) => verifierKeyOf(key, 'cosignature'));
  return verifyProofBy(proof, keys, witnesses);
}

/** {@link verifyProof} with keys that have been read. */
export function verifyProofBy(
  proof: string,
  keys: readonly VerifierKey[],
  witnesses: readonly VerifierKey[],
): ProofResult {
  const parsed = parseProof(proof);
  if (parsed === undefined) return problem('the text is not a proof of an event (c2sp.org/tlog-proof@v1)');
  const event = readEvent(parsed.line);
  if (typeof event === 'string') return problem(event);
  return checked(parsed, event, keys, witnesses);
}

function checked(
  proof: InclusionProof,
  event: ChaukasEvent,
  keys: readonly VerifierKey[],
  witnessKeys: readonly VerifierKey[],
): ProofResult {
  const note = parseNote(proof.note);
  const checkpoint: LogCheckpoint | undefined = note && parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) return problem('the checkpoint cannot be read');
  const signatures = signaturesBy(keys, note);
  if (signatures === undefined) return problem('the signature of the checkpoint is wrong');
  if (signatures.length === 0) return problem('none of the given public keys signed the checkpoint');
  const { origin, size, root, time } = checkpoint;
  if (rootOfPath(event.content_hash ?? '', proof.index, size, proof.path) !== root) {
    return problem('the path does not lead from the event to the root of the checkpoint');
  }
  const cosignatures = signaturesBy(witnessKeys, note);
  if (cosignatures === undefined) return problem('the cosignature of a witness is wrong');
  return {
    proven: {
      event,
      streamId: origin,
      index: proof.index,
      size,
      ...(time !== undefined && { time }),
      signers: signatures.map(({ name }) => name),
      witnesses: cosignatures.map(({ name, signature }) => ({ name, time: cosignatureTime(signature) })),
    },
  };
}

/** The event in a line, or the reason why the line does not prove one. */
function readEvent(line: string): ChaukasEvent | string {
  let event: ChaukasEvent;
  let computed: string;
  try {
    const value: unknown = JSON.parse(line);
    if (asNonEmptyString(asRecord(value)?.content_hash) === undefined) return 'the proof has no event';
    event = value as ChaukasEvent;
    computed = contentHash(event);
  } catch {
    return 'the event in the proof cannot be read';
  }
  if (computed !== event.content_hash) return 'the event does not match its content_hash';
  // Another program may read something else than was hashed.
  const { worm_proof_id, ...hashed } = event;
  return findAmbiguity(line)?.message ?? hashed;
}

function problem(text: string): ProofResult {
  return { problem: text };
}
