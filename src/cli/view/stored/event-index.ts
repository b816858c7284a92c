import { asNonEmptyString, asRecord } from '../../../json/readers.js';
import { decodeLine } from '../../input/line-splitter.js';
import { parseEvent, type ReadEvent } from '../../input/read-events.js';
import { type EventPlace, EventTable } from './event-table.js';
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

/** Called with each event when it is indexed, to gather more about it. Must not keep the event. */
export type EventListener = (event: ReadEvent, number: number, session: SessionEntry) => void;

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
  readonly sessions: SessionEntry[] = [];
  readonly names: FilterNames = {
    agent: new NameTable(),
    model: new NameTable(),
    tool: new NameTable(),
    user: new NameTable(),
  };
  /** Changes whenever an answer may have changed. */
  generation = 0;
  readonly files: StoredFile[] = [];
  readonly #table = new EventTable();
  readonly #byId = new Map<string, SessionEntry>();
  readonly #listeners: EventListener[] = [];

  /** Number of events. They are numbered from 0. */
  get events(): number {
    return this.#table.length;
  }

  /** Registers a listener. It is called for later events only, so this comes before the first one. */
  observe(listener: EventListener): void {
    this.#listeners.push(listener);
  }

  /** @returns its index. */
  addFile(file: StoredFile): number {
    return this.files.push(file) - 1;
  }

  add(event: ReadEvent, place: EventPlace): void {
    const session = this.#sessionOf(asNonEmptyString(event.session_id) ?? NO_SESSION);
    session.add(event, this.names);
    session.last = this.#table.add(place, session.index, session.last);
    if (typeof asRecord(event.metadata)?.checkpoint === 'string') session.lastCheckpoint = session.last;
    this.generation += 1;
    for (const listener of this.#listeners) listener(event, session.last, session);
  }

  session(id: string): SessionEntry | undefined {
    return this.#byId.get(id);
  }

  sessionOf(number: number): SessionEntry | undefined {
    return number < this.events ? this.sessions[this.#table.session(number)] : undefined;
  }

  /** The numbers of a session's events, in the order of the input. */
  eventsOf(session: SessionEntry): Uint32Array {
    const numbers = new Uint32Array(session.events);
    let next = session.last;
    for (let at = numbers.length - 1; at >= 0 && next !== undefined; at -= 1) {
      numbers[at] = next;
      next = this.#table.before(next);
    }
    return numbers;
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
        (await this.files[start.file]?.read(start.offset, until - start.offset)) ?? Buffer.alloc(0);
      if (bytes.length > 0) yield { first, end, bytes, offset: start.offset };
      first = end;
    }
  }

  #sessionOf(id: string): SessionEntry {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    if (this.sessions.length >= MAX_SESSIONS && id !== OTHER_SESSIONS) return this.#sessionOf(OTHER_SESSIONS);
    const session = new SessionEntry(id, this.sessions.length);
    this.sessions.push(session);
    this.#byId.set(id, session);
    return session;
  }
}
