/** A set that forgets what was added first when it is full. */
export class BoundedSet<T> {
  readonly #members = new Set<T>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  add(member: T): void {
    if (this.#members.has(member)) return;
    if (this.#members.size >= this.#maxSize) {
      for (const first of this.#members) {
        this.#members.delete(first);
        break;
      }
    }
    this.#members.add(member);
  }
}
