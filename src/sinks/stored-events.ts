/** The ends of chains and streams in event files, read from their end, because files can be large. */
import fs from 'node:fs';
import type { ChainHead } from '../chaukas/sealed-event.js';
import { asInteger, asNonEmptyString, asRecord, type UnknownRecord } from '../json/readers.js';
import { NEWLINE } from './append-file.js';
import type { StoredEvents, StoredStream } from './event-sink.js';

/**
 * Bytes that are read from the end of a file: some 5,000 events. Reading them takes about 50 ms, once, before the first
 * event is sealed. More would block the application for too long.
 */
const TAIL_BYTES = 4 * 1024 * 1024;

/** Bytes before the tail that are searched for the beginnings of sessions. Searching them takes a tenth of reading. */
const SEARCHED_BYTES = 256 * 1024 * 1024;

/** Bytes that two parts of the search have in common, so that a short line between them is found. */
const OVERLAP_BYTES = 64 * 1024;

/** Maximum number of streams that are named. */
const MAX_STREAMS = 100;

/** A member that only the first event of a session has. */
const STREAM_ID_MEMBER = '"stream_id":"';

export const NO_STORED_EVENTS: StoredEvents = { chainHeads: new Map(), streams: [] };

/** Returns the ends of the chains and of the streams that have an event in the last part of the file. */
export function readStoredEvents(fd: number): StoredEvents {
  const stat = fs.fstatSync(fd);
  const size = stat.isFile() ? stat.size : 0;
  const readSync = (bytes: Buffer, position: number) => fs.readSync(fd, bytes, 0, bytes.length, position);
  return readStoredEventsOf([{ size, readSync }]);
}

/** A file that can be read at any place. */
export interface EventLines {
  readonly size: number;
  /** Fills the bytes from a place in the file on. Returns how many it has read. */
  readSync(bytes: Buffer, position: number): number;
}

/** Like {@link readStoredEvents}, for files of which each continues the one before. */
export function readStoredEventsOf(files: readonly EventLines[]): StoredEvents {
  const text = new JoinedFiles(files);
  const { size } = text;
  if (size === 0) return NO_STORED_EVENTS;
  let start = Math.max(0, size - TAIL_BYTES);
  let lines = linesBetween(text, start, size);
  // The last line is longer than that.
  while (lines.length < 2 && start > 0) {
    start = Math.max(0, size - 2 * (size - start));
    lines = linesBetween(text, start, size);
  }
  const tail = new FileTail();
  for (const line of lines) tail.add(line);
  tail.beginningsBefore(text, start);
  return { chainHeads: tail.chainHeads, streams: tail.streams() };
}

/** Files one after another, with a line break between them, because the last line of each may be unfinished. */
class JoinedFiles {
  readonly size: number;
  readonly #parts: { readonly file: EventLines; readonly from: number; readonly to: number }[] = [];

  constructor(files: readonly EventLines[]) {
    let from = 0;
    for (const file of files) {
      if (file.size === 0) continue;
      if (from > 0) from += NEWLINE.length;
      this.#parts.push({ file, from, to: from + file.size });
      from += file.size;
    }
    this.size = from;
  }

  textBetween(start: number, end: number): string {
    const bytes = Buffer.alloc(Math.min(end, this.size) - start, NEWLINE);
    for (const { file, from, to } of this.#parts) {
      const first = Math.max(start, from);
      const last = Math.min(end, to);
      if (first < last) file.readSync(bytes.subarray(first - start, last - start), first - from);
    }
    return bytes.toString();
  }
}

/** Part of a session that one process wrote. Two processes may write the same session. */
interface SessionBranch {
  readonly sessionId: string;
  streamId: string | undefined;
  newest: NewestEvent;
}

interface NewestEvent {
  readonly eventId: string;
  readonly hash: string;
  /** Whether the event is the END of its stream, and the stream is whole. */
  readonly closes: boolean;
  /** Its place among the events that were read. */
  readonly place: number;
}

class FileTail {
  readonly chainHeads = new Map<string, ChainHead>();
  /** Branches by the hash of their newest event. */
  readonly #branches = new Map<string, SessionBranch>();
  #count = 0;

  add(line: string): void {
    const event = parsed(line);
    const sessionId = asNonEmptyString(event?.session_id);
    const hash = asNonEmptyString(event?.content_hash);
    const eventId = asNonEmptyString(event?.event_id);
    if (event === undefined || sessionId === undefined || hash === undefined || eventId === undefined) return;
    this.#count += 1;
    this.chainHeads.set(sessionId, { hash, count: eventCount(event, this.chainHeads.get(sessionId)) });
    const newest = { eventId, hash, closes: isClosing(event), place: this.#count };
    const before = typeof event.hash_prev === 'string' ? event.hash_prev : '';
    const known = this.#branches.get(before);
    const streamId = startedStream(event);
    // A START begins a branch, though it may follow an event of another process.
    if (known !== undefined && streamId === undefined) {
      this.#branches.delete(before);
      known.newest = newest;
      this.#branches.set(hash, known);
    } else {
      this.#branches.set(hash, { sessionId, streamId, newest });
    }
  }

  /** Looks for the beginnings of the sessions that began before the tail. */
  beginningsBefore(text: JoinedFiles, end: number): void {
    const unknown = new Map<string, SessionBranch[]>();
    for (const branch of this.#branches.values()) {
      if (branch.streamId !== undefined) continue;
      const others = unknown.get(branch.sessionId);
      if (others === undefined) unknown.set(branch.sessionId, [branch]);
      else others.push(branch);
    }
    const limit = Math.max(0, end - SEARCHED_BYTES);
    for (let to = end; to > limit && unknown.size > 0; to -= TAIL_BYTES) {
      const from = Math.max(0, to - TAIL_BYTES);
      for (const line of startLinesBetween(text, from, to + OVERLAP_BYTES)) {
        const event = parsed(line);
        const streamId = event && startedStream(event);
        const sessionId = asNonEmptyString(event?.session_id);
        if (streamId === undefined || sessionId === undefined) continue;
        for (const branch of unknown.get(sessionId) ?? []) branch.streamId = streamId;
        unknown.delete(sessionId);
      }
    }
  }

  /** The stream of the last event, and those that are not closed, newest first. */
  streams(): StoredStream[] {
    const newestFirst = [...this.#branches.values()].sort((a, b) => b.newest.place - a.newest.place);
    const seen = new Set<string | undefined>();
    const streams: StoredStream[] = [];
    for (const { streamId, newest } of newestFirst) {
      if (seen.has(streamId)) continue;
      seen.add(streamId);
      if (newest.closes && newest.place !== this.#count) continue;
      if (streamId === undefined && newest.place !== this.#count) continue;
      streams.push({ streamId, eventId: newest.eventId, contentHash: newest.hash, closed: newest.closes });
    }
    return streams.slice(0, MAX_STREAMS);
  }
}

/** The stream that a SESSION_START names. */
function startedStream(event: UnknownRecord): string | undefined {
  if (event.type !== 'EVENT_TYPE_SESSION_START') return undefined;
  return asNonEmptyString(asRecord(event.metadata)?.stream_id);
}

function isClosing({ type, metadata }: UnknownRecord): boolean {
  const details = asRecord(metadata);
  return type === 'EVENT_TYPE_SESSION_END' && details?.closed === true && 'stream_sha256' in details;
}

/** Returns the number of events in the session so far; `undefined` if the tail does not contain its beginning. */
function eventCount(event: UnknownRecord, earlier: ChainHead | undefined): number | undefined {
  // The first event of a session has an empty hash_prev, and SESSION_END has the number of events.
  if (event.hash_prev === '' || event.hash_prev === undefined) return 1;
  const total = asInteger(asRecord(event.metadata)?.event_count);
  if (event.type === 'EVENT_TYPE_SESSION_END' && total !== undefined) return total;
  return earlier?.count === undefined ? undefined : earlier.count + 1;
}

/** Returns the lines in a part of the file. If it begins within a line, that line is left out. */
function linesBetween(text: JoinedFiles, from: number, to: number): string[] {
  const lines = text.textBetween(from, to).split(NEWLINE);
  return from === 0 ? lines : lines.slice(1);
}

/** Returns the lines in a part of the file that may begin a session, newest first. They may begin before the part. */
function startLinesBetween(files: JoinedFiles, from: number, to: number): string[] {
  const text = files.textBetween(from, to);
  const lines: string[] = [];
  for (let at = text.lastIndexOf(STREAM_ID_MEMBER); at >= 0; at = text.lastIndexOf(STREAM_ID_MEMBER, at)) {
    const start = text.lastIndexOf(NEWLINE, at) + 1;
    const end = text.indexOf(NEWLINE, at);
    lines.push(text.slice(start, end < 0 ? undefined : end));
    if (start === 0) break;
    at = start - 1;
  }
  return lines;
}

function parsed(line: string): UnknownRecord | undefined {
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
}
