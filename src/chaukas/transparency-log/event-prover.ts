import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent } from '../event.js';
import { contentHash } from '../sealed-event.js';
import {
  CHECKPOINT_MESSAGE,
  COSIGNED_MESSAGE,
  endNote,
  type LogCheckpoint,
  parseCheckpoint,
} from './checkpoint-note.js';
import { formatProof } from './inclusion-proof.js';
import { MerkleTree, rootOfPath } from './merkle-tree.js';
import { parseNote } from './signed-note.js';

/** Result of {@link proveEvent}: the proof as a text, or the reason why there is none. */
export type ProveResult =
  | { readonly proof: string; readonly problem?: undefined }
  | { readonly proof?: undefined; readonly problem: string };

/** A stream, up to the event that is to be proven. */
interface StreamBefore {
  readonly id: string;
  readonly tree: MerkleTree;
}

/** The event that is to be proven, and the hashes of its stream from it on. */
interface ProvenPlace {
  readonly line: string;
  readonly event: ChaukasEvent;
  readonly stream: StreamBefore;
  readonly hashes: string[];
}

interface CoveringNote {
  readonly text: string;
  readonly note: string;
  readonly path: readonly string[];
}

const CONTENT_HASH = /^[0-9a-f]{64}$/;

/**
 * Makes the proof of an event from the lines of its file. It keeps a few hashes for each stream, and for the stream of the
 * event the hashes between it and the checkpoint that covers it.
 *
 * A file that was changed gives no proof: the path must lead to the root that was signed.
 */
export class EventProver {
  readonly #eventId: string;
  readonly #streams = new Map<string, StreamBefore>();
  /** The stream of each session's newest event, by session and content hash. */
  readonly #heads = new Map<string, StreamBefore>();
  #place: ProvenPlace | undefined;
  #covering: CoveringNote | undefined;
  #problem: string | undefined;
  /** Whether nothing that follows can change the result. */
  isDone = false;

  constructor(eventId: string) {
    this.#eventId = eventId;
  }

  /** Adds a line, in the order of the stream. A line that is not an event is ignored. */
  add(line: string): void {
    if (this.isDone) return;
    const event = parsedEvent(line);
    if (event === undefined) return;
    const stream = this.#streamOf(event);
    if (event.event_id === this.#eventId && this.#place === undefined) this.#found(line, event, stream);
    if (stream === undefined) return;
    if (this.#place?.stream === stream) this.#place.hashes.push(event.content_hash ?? '');
    else if (this.#place === undefined) stream.tree.append(event.content_hash ?? '');
    if (this.#place?.stream === stream && event.session_id === stream.id) this.#signed(event, this.#place);
  }

  /** Returns the proof. No line may be added afterwards. */
  result(): ProveResult {
    if (this.#problem !== undefined) return { problem: this.#problem };
    if (this.#place === undefined) return { problem: `no event here has the id ${this.#eventId}` };
    if (this.#covering !== undefined) {
      const { note, path } = this.#covering;
      const { line, stream } = this.#place;
      return { proof: formatProof({ line, index: stream.tree.size, path, note }) };
    }
    return { problem: `no checkpoint of stream ${this.#place.stream.id} covers the event` };
  }

  #found(line: string, event: ChaukasEvent, stream: StreamBefore | undefined): void {
    if (contentHashIfAny(event) !== event.content_hash) {
      this.#fail('the event does not match its content_hash');
    } else if (stream === undefined) {
      this.#fail('the START of the stream is not here, so the place of the event is not known');
    } else {
      this.#place = { line, event, stream, hashes: [] };
    }
  }

  /** A SESSION_START names its stream. Any other event continues its session, and so belongs to the same stream. */
  #streamOf(event: ChaukasEvent): StreamBefore | undefined {
    const { session_id: session, hash_prev: before = '', content_hash: own = '' } = event;
    const id = event.type === 'EVENT_TYPE_SESSION_START' ? metadataOf(event).stream_id : undefined;
    const stream =
      typeof id === 'string' ? this.#named(id, session) : this.#heads.get(`${session} ${before}`);
    this.#heads.delete(`${session} ${before}`);
    if (stream !== undefined && event.type !== 'EVENT_TYPE_SESSION_END')
      this.#heads.set(`${session} ${own}`, stream);
    return stream;
  }

  /** A stream begins with the START of its own session. */
  #named(id: string, session: string): StreamBefore | undefined {
    const known = this.#streams.get(id);
    if (known !== undefined || id !== session) return known;
    const stream = { id, tree: new MerkleTree() };
    this.#streams.set(id, stream);
    return stream;
  }

  #signed(event: ChaukasEvent, place: ProvenPlace): void {
    const { message, checkpoint } = metadataOf(event);
    if (typeof checkpoint === 'string' && message === CHECKPOINT_MESSAGE) this.#checkpoint(checkpoint, place);
    if (typeof checkpoint === 'string' && message === COSIGNED_MESSAGE) this.#cosigned(checkpoint);
    if (event.type !== 'EVENT_TYPE_SESSION_END') return;
    const proof = asNonEmptyString(event.worm_proof_id);
    if (this.#covering === undefined && proof !== undefined) this.#end(proof, place);
    this.isDone = true;
  }

  #checkpoint(note: string, place: ProvenPlace): void {
    if (this.#covering !== undefined) return;
    const text = parseNote(note)?.text ?? '';
    const checkpoint = parseCheckpoint(text);
    const count = (checkpoint?.size ?? 0) - place.stream.tree.size;
    if (checkpoint === undefined || count < 1) return;
    const path = place.stream.tree.pathOfNext(place.hashes.slice(0, count));
    if (!leadsTo(checkpoint, place, path)) {
      this.#fail(
        `the events here do not lead to the root of checkpoint ${checkpoint.number}: verify says which was changed or removed`,
      );
      return;
    }
    this.#covering = { text, note, path };
  }

  #cosigned(note: string): void {
    if (this.#covering === undefined || parseNote(note)?.text !== this.#covering.text) return;
    this.#covering = { ...this.#covering, note };
  }

  #end(proof: string, place: ProvenPlace): void {
    const { id, tree } = place.stream;
    const whole = tree.copy();
    for (const hash of place.hashes) whole.append(hash);
    const note = endNote(id, whole.size, whole.root(), proof);
    const path = tree.pathOfNext(place.hashes);
    if (parseNote(note) === undefined) this.#fail('the signature in the END of the stream cannot be read');
    else this.#covering = { text: '', note, path };
  }

  #fail(problem: string): void {
    this.#problem = problem;
    this.isDone = true;
  }
}

/**
 * Makes a proof that an event is in its signed stream, which stands alone: it has the event, and nothing else of the stream.
 * `verifyProof` checks it, and so can any program that knows C2SP's tlog-proof.
 *
 * ```ts
 * const lines = createInterface({ input: createReadStream('audit/events.jsonl') });
 * const { proof, problem } = await proveEvent(lines, eventId);
 * ```
 *
 * @param events - the lines of the files that have the stream from its START to a checkpoint behind the event, or the events.
 * @returns the proof, or why there is none. Signatures are not checked here. It rejects only if `events` does.
 */
export async function proveEvent(
  events: Iterable<string | ChaukasEvent> | AsyncIterable<string | ChaukasEvent>,
  eventId: string,
): Promise<ProveResult> {
  const prover = new EventProver(eventId);
  for await (const event of events) {
    prover.add(typeof event === 'string' ? event : lineOf(event));
    if (prover.isDone) break;
  }
  return prover.result();
}

/** An event that cannot be serialised is not in a signed stream. */
function lineOf(event: ChaukasEvent): string {
  try {
    return canonicalJson(event as never);
  } catch {
    return '';
  }
}

function leadsTo(
  checkpoint: LogCheckpoint,
  { event, stream }: ProvenPlace,
  path: readonly string[],
): boolean {
  const { origin, size, root } = checkpoint;
  return origin === stream.id && rootOfPath(event.content_hash ?? '', stream.tree.size, size, path) === root;
}

function metadataOf(event: ChaukasEvent): UnknownRecord {
  return asRecord(event.metadata) ?? {};
}

function parsedEvent(line: string): ChaukasEvent | undefined {
  try {
    const event = asRecord(JSON.parse(line));
    if (typeof event?.event_id !== 'string' || typeof event.session_id !== 'string') return undefined;
    return CONTENT_HASH.test(String(event.content_hash)) ? (event as unknown as ChaukasEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** `undefined` if the event is nested too deep to serialise. */
function contentHashIfAny(event: ChaukasEvent): string | undefined {
  try {
    return contentHash(event);
  } catch {
    return undefined;
  }
}
