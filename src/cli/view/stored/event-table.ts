/** Where an event is. */
export interface EventPlace {
  /** Number of the file in the index. */
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
}

const EVENTS_PER_CHUNK = 16_384;

const NONE = 0;

/** The file of an event that was removed. */
const REMOVED = 0xffff_ffff;

/** 28 bytes an event, so that a million of them fit into 30 MB. */
class EventChunk {
  /** Number of events that were not removed. */
  live = 0;
  readonly file = new Uint32Array(EVENTS_PER_CHUNK);
  readonly offset = new Float64Array(EVENTS_PER_CHUNK);
  readonly length = new Uint32Array(EVENTS_PER_CHUNK);
  readonly line = new Uint32Array(EVENTS_PER_CHUNK);
  readonly session = new Uint32Array(EVENTS_PER_CHUNK);
  /** One more than the number of the event before it in its session; {@link NONE} for the first one. */
  readonly before = new Uint32Array(EVENTS_PER_CHUNK);
}

/**
 * The place and the session of each event, by its number. The events of a session are linked from the last one back.
 * Numbers stay when events are removed; the memory goes with the last event of a chunk.
 */
export class EventTable {
  /** One more than the largest number. */
  length = 0;
  /** Number of events that were not removed. */
  live = 0;
  /** All events before this one were removed. */
  first = 0;
  /** Without those before the first event. */
  #chunks: (EventChunk | undefined)[] = [];

  /** @returns the number of the event. */
  add(
    { offset, length, line }: Omit<EventPlace, 'file'>,
    file: number,
    session: number,
    before: number | undefined,
  ): number {
    const number = this.length;
    const row = number % EVENTS_PER_CHUNK;
    const chunk = row === 0 ? this.#begin() : this.#chunkOf(number);
    if (chunk === undefined) throw new Error('The last chunk of the table is missing.');
    chunk.file[row] = file;
    chunk.offset[row] = offset;
    chunk.length[row] = length;
    chunk.line[row] = line;
    chunk.session[row] = session;
    chunk.before[row] = before === undefined ? NONE : before + 1;
    chunk.live += 1;
    this.live += 1;
    this.length += 1;
    return number;
  }

  /** The place of a removed event has the length 0, in no file. */
  place(number: number): EventPlace {
    const chunk = this.#chunkOf(number);
    const row = number % EVENTS_PER_CHUNK;
    const file = chunk?.file[row] ?? REMOVED;
    if (chunk === undefined || file === REMOVED) return { file: REMOVED, offset: 0, length: 0, line: 0 };
    return {
      file,
      offset: chunk.offset[row] ?? 0,
      length: chunk.length[row] ?? 0,
      line: chunk.line[row] ?? 0,
    };
  }

  isRemoved(number: number): boolean {
    return (this.#chunkOf(number)?.file[number % EVENTS_PER_CHUNK] ?? REMOVED) === REMOVED;
  }

  /** Index of the event's session; `undefined` if the event was removed. */
  session(number: number): number | undefined {
    return this.isRemoved(number) ? undefined : this.#chunkOf(number)?.session[number % EVENTS_PER_CHUNK];
  }

  /** The event before it in its session, which may have been removed. */
  before(number: number): number | undefined {
    const before = this.#chunkOf(number)?.before[number % EVENTS_PER_CHUNK] ?? NONE;
    return before === NONE ? undefined : before - 1;
  }

  /**
   * Removes the events of a file.
   *
   * @param onRemoved - called for each with the index of its session.
   */
  remove(file: number, onRemoved: (session: number) => void): void {
    for (const [at, chunk] of this.#chunks.entries()) {
      if (chunk === undefined) continue;
      const rows = Math.min(EVENTS_PER_CHUNK, this.length - this.first - at * EVENTS_PER_CHUNK);
      for (let row = 0; row < rows; row += 1) {
        if (chunk.file[row] !== file) continue;
        chunk.file[row] = REMOVED;
        chunk.live -= 1;
        this.live -= 1;
        onRemoved(chunk.session[row] ?? 0);
      }
      // The last chunk is written to until it is full.
      if (chunk.live === 0 && rows === EVENTS_PER_CHUNK) this.#chunks[at] = undefined;
    }
    const begin = this.#chunks.findIndex((chunk) => chunk !== undefined);
    const gone = begin === -1 ? this.#chunks.length : begin;
    this.#chunks = this.#chunks.slice(gone);
    this.first += gone * EVENTS_PER_CHUNK;
  }

  #begin(): EventChunk {
    const chunk = new EventChunk();
    this.#chunks.push(chunk);
    return chunk;
  }

  #chunkOf(number: number): EventChunk | undefined {
    return this.#chunks[Math.floor((number - this.first) / EVENTS_PER_CHUNK)];
  }
}
