/**
 * Puts the events of several partitions into the order of their ids. Kafka keeps order within a partition, and the events
 * of a session are in one; but the hash tree of a stream runs over all its sessions.
 */
export class EventOrder {
  #waiting: { readonly id: string; readonly line: string; readonly receivedAt: number }[] = [];

  add(id: string, line: string): void {
    this.#waiting.push({ id, line, receivedAt: Date.now() });
  }

  /**
   * Removes events that were received up to a time, and returns their lines in the order of their ids. A later one is among
   * them if it is older by its id.
   */
  take(receivedUntil: number): string[] {
    const newest = this.#waiting.reduce(
      (id, event) => (event.receivedAt <= receivedUntil && event.id > id ? event.id : id),
      '',
    );
    const due = this.#waiting.filter(({ id }) => id <= newest);
    this.#waiting = this.#waiting.filter(({ id }) => id > newest);
    // UUIDv7 sorts by time as text.
    return due.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ line }) => line);
  }
}
