/** Further names can be searched for, but not filtered by. */
const MAX_NAMES = 200_000;
const MAX_CHOICES = 200;
const MAX_CHARACTERS = 200;

/** Names of one kind, with the number of sessions that have each. */
export class NameTable {
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #sessions: number[] = [];
  /** Indexes of names that no session has any more. */
  readonly #free: number[] = [];

  /** One more than the largest index. */
  get size(): number {
    return this.#names.length;
  }

  find(name: string): number | undefined {
    return this.#indexes.get(cut(name));
  }

  /** Counts a session that has the name. @returns its index; -1 if the table is full. */
  note(name: string): number {
    const kept = cut(name);
    let index = this.#indexes.get(kept);
    if (index === undefined) {
      if (this.#indexes.size >= MAX_NAMES) return -1;
      index = this.#free.pop() ?? this.#names.length;
      this.#names[index] = kept;
      this.#indexes.set(kept, index);
      this.#sessions[index] = 0;
    }
    this.#sessions[index] = (this.#sessions[index] ?? 0) + 1;
    return index;
  }

  /** Counts a session with the name that was removed. Its index may become that of another name. */
  release(index: number): void {
    const left = (this.#sessions[index] ?? 0) - 1;
    this.#sessions[index] = left;
    if (left > 0) return;
    this.#indexes.delete(this.name(index));
    this.#names[index] = '';
    this.#free.push(index);
  }

  name(index: number): string {
    return this.#names[index] ?? '';
  }

  /** The names of most sessions first. */
  choices(): string[] {
    const counts = Uint32Array.from(this.#sessions).sort();
    // Sorting the names of 200,000 users by their sessions would take longer than a click may.
    const least = counts[counts.length - MAX_CHOICES] ?? 0;
    const more = this.#sessions.flatMap((count, index) => (count > least ? [index] : []));
    const sessions = (index: number) => this.#sessions[index] ?? 0;
    more.sort((a, b) => sessions(b) - sessions(a) || (this.name(a) < this.name(b) ? -1 : 1));
    for (let index = 0; index < this.#sessions.length && more.length < MAX_CHOICES; index += 1) {
      if (sessions(index) === least && least > 0) more.push(index);
    }
    return more.map((index) => this.name(index));
  }

  /** Which of the names match. */
  matching(matches: (name: string) => boolean): Uint8Array {
    return Uint8Array.from(this.#names, (name) => (matches(name) ? 1 : 0));
  }
}

function cut(name: string): string {
  return name.length > MAX_CHARACTERS ? `${name.slice(0, MAX_CHARACTERS - 1)}…` : name;
}
