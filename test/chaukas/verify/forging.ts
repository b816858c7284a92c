/** Forgeries by somebody who may write to the file and has no key: everything but signatures. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { rootOf, signatureOf, signedNote, subtreesOf, type TestKey, textHashOf } from './reference-log.js';

type Metadata = NonNullable<ChaukasEvent['metadata']>;

export const parse = (line: string | undefined): ChaukasEvent => JSON.parse(line ?? '');
export const toLine = (event: ChaukasEvent): string => canonicalize(event) ?? '';

/** The stream that each line belongs to, and the lines of each stream. */
export function streamsOf(lines: readonly string[]): string[] {
  const streams = new Map<string, string>();
  return lines.map((line) => {
    const { content_hash = '', hash_prev = '', metadata } = parse(line);
    const stream = (metadata?.stream_id as string | undefined) ?? streams.get(hash_prev) ?? '';
    streams.set(content_hash, stream);
    return stream;
  });
}

/** Replaces an event and makes its own hash anew. */
export function rehashed(event: ChaukasEvent, change: Partial<ChaukasEvent> = {}): ChaukasEvent {
  const changed = { ...event, ...change };
  return { ...changed, content_hash: contentHash(changed) };
}

export const replaced = (lines: readonly string[], at: number, event: ChaukasEvent): string[] =>
  lines.with(at, toLine(event));

/** An event changed, and the rest of its session's chain made anew, or of all chains. */
export interface Change {
  readonly at: number;
  /** `undefined` removes the event. */
  readonly to: ((event: ChaukasEvent) => ChaukasEvent) | undefined;
}

/** Makes the hashes anew in the session of the changed events. */
export function withChain(lines: readonly string[], ...changes: readonly Change[]): string[] {
  return forged(lines, changes, undefined);
}

/**
 * Makes everything anew: chains, counts, the hash over the stream, what later streams say, and checkpoints and the
 * signature of the END.
 *
 * @param key - signs the checkpoints.
 */
export function withEverything(
  lines: readonly string[],
  changes: readonly Change[],
  key: TestKey = OTHER_KEY,
): string[] {
  return forged(lines, changes, key);
}

interface ForgedStream {
  readonly id: string;
  readonly hashes: string[];
  readonly eventIds: string[];
  /** Number and text of the newest checkpoint. */
  checkpoints: number;
  note: string | undefined;
}

interface Newest {
  readonly content_hash: string;
  readonly event_id: string;
}

const newestOf = ({ hashes, eventIds }: ForgedStream): Newest => ({
  content_hash: hashes.at(-1) ?? '',
  event_id: eventIds.at(-1) ?? '',
});

/** The key of somebody else, under the name of the real one. */
const OTHER_KEY: TestKey = { name: 'audit', privateKey: generateKeyPairSync('ed25519').privateKey };

function forged(lines: readonly string[], changes: readonly Change[], key: TestKey | undefined): string[] {
  const byLine = new Map(changes.map(({ at, to }) => [at, to] as const));
  const removed = new Set(changes.filter(({ to }) => to === undefined).map(({ at }) => at));
  const streamIds = streamsOf(lines);
  const streams = new Map<string, ForgedStream>();
  /** New hashes by old ones. That of a removed event is that of the one before it. */
  const hashes = new Map<string, string>();
  const counts = new Map<string, number>();
  /** The newest event of a stream, when the event with this hash had been written. */
  const newest = new Map<string, Newest>();
  return lines.flatMap((line, at) => {
    const event = parse(line);
    const { content_hash = '', hash_prev = '' } = event;
    const before = hashes.get(hash_prev) ?? hash_prev;
    const streamId = streamIds[at] ?? '';
    const stream: ForgedStream = streams.get(streamId) ?? {
      id: streamId,
      hashes: [],
      eventIds: [],
      checkpoints: 0,
      note: undefined,
    };
    streams.set(streamId, stream);
    if (removed.has(at)) {
      hashes.set(content_hash, before);
      newest.set(content_hash, newestOf(stream));
      counts.set(before, counts.get(before) ?? 0);
      return [];
    }
    const count = (counts.get(before) ?? 0) + 1;
    let changed: ChaukasEvent = { ...(byLine.get(at)?.(event) ?? event), hash_prev: before };
    if (key) changed = { ...changed, ...metadataOf(changed, stream, newest, count, key) };
    const isSame = toLine(changed) === toLine(event) && contentHash(event) === content_hash;
    let next = isSame ? event : rehashed(changed);
    if (key && next.worm_proof_id !== undefined)
      next = { ...next, worm_proof_id: endProof(next, stream, key) };
    hashes.set(content_hash, next.content_hash ?? '');
    counts.set(next.content_hash ?? '', count);
    stream.hashes.push(next.content_hash ?? '');
    stream.eventIds.push(next.event_id);
    newest.set(content_hash, newestOf(stream));
    return [toLine(next)];
  });
}

function metadataOf(
  { metadata, session_id, type }: ChaukasEvent,
  stream: ForgedStream,
  newest: ReadonlyMap<string, Newest>,
  count: number,
  key: TestKey,
): { metadata?: Metadata } {
  if (metadata === undefined) return {};
  const { hashes } = stream;
  const next: Metadata = { ...metadata };
  if (type === 'EVENT_TYPE_SESSION_END') next.event_count = count;
  if (type === 'EVENT_TYPE_SESSION_END' && session_id === stream.id) {
    next.stream_event_count = hashes.length + 1;
    next.stream_sha256 = createHash('sha256').update(hashes.join('')).digest('hex');
  }
  if (metadata.message === 'checkpoint') Object.assign(next, checkpointOf(metadata, stream, key));
  if (Array.isArray(next.previous_streams)) {
    next.previous_streams = next.previous_streams.map((entry) => {
      const earlier = entry as { content_hash: string };
      return { ...earlier, ...newest.get(earlier.content_hash) };
    });
  }
  return { metadata: next };
}

function checkpointOf({ checkpoint, last_event_id }: Metadata, stream: ForgedStream, key: TestKey): Metadata {
  const covered = stream.hashes.filter(
    (_hash, index) => (stream.eventIds[index] ?? '') <= String(last_event_id),
  );
  const [, ...extensions] = String(checkpoint).split('\n\n')[0]?.split('\n').slice(2) ?? [];
  stream.checkpoints += 1;
  const lines = [
    stream.id,
    String(covered.length),
    rootOf(covered).toString('base64'),
    `checkpoint ${stream.checkpoints}`,
    ...extensions.filter((line) => line.startsWith('time ')),
    ...(stream.note === undefined ? [] : [`previous ${textHashOf(stream.note)}`]),
    ...extensions.filter((line) => line === 'final'),
  ];
  stream.note = `${lines.join('\n')}\n`;
  return { checkpoint: signedNote(stream.note, key), subtrees: subtreesOf(covered) };
}

function endProof({ content_hash = '' }: ChaukasEvent, { id, hashes }: ForgedStream, key: TestKey): string {
  const root = rootOf([...hashes, content_hash]).toString('base64');
  return signatureOf(`${id}\n${hashes.length + 1}\n${root}\n`, key);
}

/** An event as no process wrote it: like another one, directly behind it in its chain. */
export function forgedAfter(event: ChaukasEvent, change: Partial<ChaukasEvent> = {}): ChaukasEvent {
  const { worm_proof_id, ...rest } = event;
  return rehashed(rest, {
    event_id: idAfter(event.event_id),
    hash_prev: event.content_hash ?? '',
    ...change,
  });
}

/** The smallest id behind another, so that ids still ascend. */
export function idAfter(id: string): string {
  const digits = BigInt(`0x${id.replaceAll('-', '')}`) + 1n;
  return digits
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
