/** Names of members that may follow one name. Those of events of all types are fewer. */
const MAX_FOLLOWERS = 12;

/** Names that are remembered in all. An input with more of them is scanned as if none was. */
const MAX_NAMES = 2_000;

/** Longer names are rare. */
const MAX_NAME_BYTES = 64;

/**
 * A name of a member, with the names that came behind it in earlier lines: events of one kind have the same members. To
 * compare an expected name, four bytes at once, takes a fifth of the time of reading it, of finding out that it comes
 * behind the one before it, and of finding the member that it stands for. All of that was found out when it came first.
 *
 * A wrong expectation costs time and nothing else: the name is then read.
 */
export class ExpectedName<Known = undefined> {
  /** The bytes of the name with its quotes and the colon. */
  readonly length: number;
  /** The member of an event that has this name. */
  readonly known: Known;
  readonly #words: Int32Array;
  readonly #followers: ExpectedName<Known>[] = [];
  readonly #count: { names: number };
  #inside: ExpectedName<Known> | undefined;

  private constructor(bytes: Uint8Array, known: Known, count: { names: number }) {
    this.length = bytes.length;
    this.known = known;
    this.#count = count;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = bytes.length - 4;
    this.#words = Int32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) =>
      view.getInt32(Math.min(4 * index, last), true),
    );
    count.names += 1;
  }

  /** The place before the first name of an object. */
  static beforeAll<Known>(known: Known): ExpectedName<Known> {
    return new ExpectedName(new Uint8Array(0), known, { names: 0 });
  }

  /** The place before the first name of an object that is the value of this name, or in a list that is. */
  get inside(): ExpectedName<Known> {
    this.#inside ??= new ExpectedName<Known>(new Uint8Array(0), this.known, this.#count);
    return this.#inside;
  }

  /** The name at `at`, if it has come behind this one before. */
  followerAt(view: DataView, at: number): ExpectedName<Known> | undefined {
    const followers = this.#followers;
    for (let index = 0; index < followers.length; index += 1) {
      const follower = followers[index] as ExpectedName<Known>;
      if (follower.#isAt(view, at)) return follower;
    }
    return undefined;
  }

  /** Remembers a name from its quote to its colon. It must be canonical and come behind this one. */
  learn(bytes: Uint8Array, start: number, end: number, known: Known): ExpectedName<Known> | undefined {
    const isTooMany = this.#followers.length >= MAX_FOLLOWERS || this.#count.names >= MAX_NAMES;
    if (isTooMany || end - start < 4 || end - start > MAX_NAME_BYTES) return undefined;
    const name = new ExpectedName(bytes.subarray(start, end), known, this.#count);
    this.#followers.push(name);
    return name;
  }

  #isAt(view: DataView, at: number): boolean {
    const words = this.#words;
    const last = at + this.length - 4;
    if (last + 4 > view.byteLength) return false;
    for (let index = 0; index < words.length; index += 1) {
      const place = at + 4 * index;
      if (view.getInt32(place < last ? place : last, true) !== words[index]) return false;
    }
    return true;
  }
}
