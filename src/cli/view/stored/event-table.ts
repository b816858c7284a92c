type NumberArray = Float64Array | Uint32Array;

/** Numbers of one kind, one for each event, in an array that grows. */
class NumberColumn<Numbers extends NumberArray> {
  #numbers: Numbers;
  readonly #make: (length: number) => Numbers;

  constructor(make: (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(1024);
  }

  set(index: number, value: number): void {
    if (index >= this.#numbers.length) {
      const larger = this.#make(Math.ceil(index * 1.5) + 1);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[index] = value;
  }

  get(index: number): number {
    return this.#numbers[index] ?? 0;
  }
}

/** Where an event is. */
export interface EventPlace {
  /** Index in the list of files. */
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
}

const NONE = 0;

/**
 * The place and the session of each event, by its number: 28 bytes an event, so that a million of them fit into 30 MB. The
 * events of a session are linked from the last one back.
 */
export class EventTable {
  length = 0;
  readonly #files = new NumberColumn((length) => new Uint32Array(length));
  readonly #offsets = new NumberColumn((length) => new Float64Array(length));
  readonly #lengths = new NumberColumn((length) => new Uint32Array(length));
  readonly #lines = new NumberColumn((length) => new Uint32Array(length));
  readonly #sessions = new NumberColumn((length) => new Uint32Array(length));
  /** One more than the number of the event before it in its session; {@link NONE} for the first one. */
  readonly #before = new NumberColumn((length) => new Uint32Array(length));

  /** @returns the number of the event. */
  add({ file, offset, length, line }: EventPlace, session: number, before: number | undefined): number {
    const number = this.length;
    this.#files.set(number, file);
    this.#offsets.set(number, offset);
    this.#lengths.set(number, length);
    this.#lines.set(number, line);
    this.#sessions.set(number, session);
    this.#before.set(number, before === undefined ? NONE : before + 1);
    this.length += 1;
    return number;
  }

  place(number: number): EventPlace {
    return {
      file: this.#files.get(number),
      offset: this.#offsets.get(number),
      length: this.#lengths.get(number),
      line: this.#lines.get(number),
    };
  }

  /** Index of the event's session. */
  session(number: number): number {
    return this.#sessions.get(number);
  }

  before(number: number): number | undefined {
    const before = this.#before.get(number);
    return before === NONE ? undefined : before - 1;
  }
}
