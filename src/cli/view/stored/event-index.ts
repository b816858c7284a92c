import { decodeLine } from '../../input/line-splitter.js';
import { parseEvent, type ReadEvent } from '../../input/read-events.js';
import { type EventPlace, EventTable } from './event-table.js';
import { BatchWriter, EventFacts, type IndexBatch } from './index-batch.js';
import { NameTable } from './name-table.js';
import { type FilterNames, SessionEntry } from './session-entry.js';
import type { StoredFile } from './stored-file.js';

/** An event that was read again from its file. */
export interface StoredEvent {
  readonly number: number;
  readonly event: ReadEvent;
  /** The line as it is in the file. */
  readonly text: string;
}

/** Gathers more about events while they are indexed. */
export interface IndexObserver {
  /** Called with each event. Must not keep it. */
  onEvent?(facts: EventFacts, number: number, session: SessionEntry): void;
  /**
   * Called after events were removed, with the sessions that went with their last event. Their indexes may become
   * those of other sessions.
   */
  onRemoved?(sessions: readonly SessionEntry[], isRemoved: (event: number) => boolean): void;
}

/** The id of events without one, as in `agent-events tree`. */
const NO_SESSION = '(none)';

/** Beyond these, events belong to one session that stands for all others. */
const MAX_SESSIONS = 1_000_000;
const OTHER_SESSIONS = '(others)';

/** Events that are read with one request to the system, if their places are as near as this. */
const READ_BYTES = 1024 * 1024;
const GAP_BYTES = 32 * 1024;

/**
 * Where each event is, and what the list of sessions says. Events are not kept: a million of them would not fit into
 * memory. They are read from their files when they are looked at.
 */
export class EventIndex {
  /** A place is empty if its session was removed and no other has taken it. */
  readonly sessions: (SessionEntry | undefined)[] = [];
  readonly names: FilterNames = {
    agent: new NameTable(),
    model: new NameTable(),
    tool: new NameTable(),
    user: new NameTable(),
  };
  /** Changes whenever an answer may have changed. */
  generation = 0;
  /** Files by their numbers, in the order in which they were read. The number of a removed file is not used again. */
  readonly files = new Map<number, StoredFile>();
  readonly #table = new EventTable();
  readonly #byId = new Map<string, SessionEntry>();
  /** Empty places among the sessions. */
  readonly #free: number[] = [];
  readonly #observers: IndexObserver[] = [];
  readonly #single = new BatchWriter();
  #processes = 0;
  #filesSoFar = 0;

  /** One more than the largest number of an event. They are numbered from 0. */
  get events(): number {
    return this.#table.length;
  }

  /** All events before this one were removed. */
  get firstEvent(): number {
    return this.#table.first;
  }

  /** Number of events that were not removed. */
  get keptEvents(): number {
    return this.#table.live;
  }

  /** Number of sessions in the list, which leaves out those of processes. */
  get listedSessions(): number {
    return this.#byId.size - this.#processes;
  }

  /** Registers an observer. It learns of later events only, so this comes before the first one. */
  observe(observer: IndexObserver): void {
    this.#observers.push(observer);
  }

  /** @returns its number. */
  addFile(file: StoredFile): number {
    const number = this.#filesSoFar;
    this.#filesSoFar += 1;
    this.files.set(number, file);
    return number;
  }

  /**
   * Adds the events of a part of a file.
   *
   * @param linesBefore - number of lines before those that the batch counts.
   */
  addBatch(batch: IndexBatch, file: number, linesBefore = 0): void {
    const facts = new EventFacts(batch, linesBefore);
    /** The sessions of the batch, by their numbers in it. */
    const sessions: (SessionEntry | undefined)[] = [];
    while (facts.next()) {
      let session = sessions[facts.session];
      if (session === undefined) {
        session = this.#sessionOf(facts.sessionId ?? NO_SESSION);
        sessions[facts.session] = session;
      }
      this.#add(facts, session, file);
    }
    this.generation += batch.events;
  }

  add(event: ReadEvent, { file, offset, length, line }: EventPlace): void {
    this.#single.add(event, line, offset, length);
    this.addBatch(this.#single.take({ offset: offset + length, lines: line }), file);
  }

  #add(facts: EventFacts, session: SessionEntry, file: number): void {
    const wasProcess = session.process;
    session.add(facts, this.names);
    if (session.process !== wasProcess) this.#processes += wasProcess ? -1 : 1;
    session.last = this.#table.add(facts, file, session.index, session.last);
    if (session.first === undefined) session.first = session.last;
    if (facts.isCheckpoint) session.lastCheckpoint = session.last;
    for (const observer of this.#observers) observer.onEvent?.(facts, session.last, session);
  }

  /** Removes the events of a file that was deleted, and the sessions of which no event is left. */
  removeFile(file: StoredFile): void {
    const removed = [...this.files].find(([, known]) => known === file);
    if (removed === undefined) return;
    this.files.delete(removed[0]);
    const gone: SessionEntry[] = [];
    this.#table.remove(removed[0], (index) => {
      const session = this.sessions[index];
      if (session === undefined) return;
      session.removed += 1;
      if (session.removed === session.events) gone.push(session);
    });
    for (const session of gone) {
      this.sessions[session.index] = undefined;
      this.#free.push(session.index);
      this.#byId.delete(session.id);
      if (session.process) this.#processes -= 1;
      session.release(this.names);
    }
    this.generation += 1;
    for (const observer of this.#observers)
      observer.onRemoved?.(gone, (number) => this.#table.isRemoved(number));
  }

  session(id: string): SessionEntry | undefined {
    return this.#byId.get(id);
  }

  sessionOf(number: number): SessionEntry | undefined {
    const index = this.#table.session(number);
    return index === undefined ? undefined : this.sessions[index];
  }

  /** The numbers of a session's events that were not removed, in the order of the input. */
  eventsOf(session: SessionEntry): Uint32Array {
    const numbers = new Uint32Array(session.events - session.removed);
    let at = numbers.length;
    for (let next = session.last; at > 0 && next !== undefined; next = this.#table.before(next)) {
      if (this.#table.isRemoved(next)) continue;
      at -= 1;
      numbers[at] = next;
    }
    return numbers.subarray(at);
  }

  /** The event before this one in its session. */
  before(number: number): number | undefined {
    return this.#table.before(number);
  }

  /** Whether a checkpoint of its stream comes after the event, so that there can be a proof of it. */
  provable(number: number): boolean {
    const session = this.sessionOf(number);
    const stream = session?.stream === undefined ? session : this.session(session.stream);
    return (stream?.lastCheckpoint ?? -1) > number;
  }

  place(number: number): EventPlace {
    return this.#table.place(number);
  }

  /** `undefined` if there is no such event, or its file no longer has it. */
  async read(number: number): Promise<StoredEvent | undefined> {
    for await (const [event] of this.readAll([number])) return event;
    return undefined;
  }

  /** Yields events, several at once. Those that their files no longer have are left out. */
  async *readAll(numbers: ArrayLike<number>): AsyncGenerator<readonly StoredEvent[]> {
    for await (const { first, end, bytes, offset } of this.readBytes(numbers)) {
      const events: StoredEvent[] = [];
      for (let at = first; at < end; at += 1) {
        const number = numbers[at] ?? 0;
        const place = this.#table.place(number);
        const from = place.offset - offset;
        const text = decodeLine(bytes.subarray(from, from + place.length));
        const parsed = parseEvent({ number: place.line, text });
        if ('event' in parsed) events.push({ number, event: parsed.event, text });
      }
      if (events.length > 0) yield events;
    }
  }

  /** Yields the bytes around events that are near each other: of those at `first` up to `end` in the list. */
  async *readBytes(
    numbers: ArrayLike<number>,
  ): AsyncGenerator<{ first: number; end: number; bytes: Buffer; offset: number }> {
    for (let first = 0; first < numbers.length; ) {
      const start = this.#table.place(numbers[first] ?? 0);
      let until = start.offset + start.length;
      let end = first + 1;
      for (; end < numbers.length; end += 1) {
        const next = this.#table.place(numbers[end] ?? 0);
        const nextUntil = next.offset + next.length;
        if (next.file !== start.file || next.offset < until || next.offset > until + GAP_BYTES) break;
        if (nextUntil - start.offset > READ_BYTES) break;
        until = nextUntil;
      }
      const bytes =
        (await this.files.get(start.file)?.read(start.offset, until - start.offset)) ?? Buffer.alloc(0);
      if (bytes.length > 0) yield { first, end, bytes, offset: start.offset };
      first = end;
    }
  }

  #sessionOf(id: string): SessionEntry {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    if (this.#byId.size >= MAX_SESSIONS && id !== OTHER_SESSIONS) return this.#sessionOf(OTHER_SESSIONS);
    const session = new SessionEntry(id, this.#free.pop() ?? this.sessions.length);
    this.sessions[session.index] = session;
    this.#byId.set(id, session);
    return session;
  }
}
