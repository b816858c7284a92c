/** Streams in SQLite, so that every worker can resume the streams of the others. */
import { z } from 'zod';
import { openDatabase, type SqlDatabase, transaction } from '../sqlite/open-database.js';
import { isLast, type NumberedEvent, type StreamEvent } from './stream-event.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS streams (
    id TEXT PRIMARY KEY, agent TEXT NOT NULL, owner_until INTEGER NOT NULL, ended_at INTEGER,
    reader_at INTEGER NOT NULL DEFAULT 0, reader_n INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stream_events (
    stream_id TEXT REFERENCES streams (id) ON DELETE CASCADE, n INTEGER, type TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (stream_id, n)
  ) WITHOUT ROWID;
`;

/** The time after which a stream whose worker is silent counts as broken. */
export const OWNER_MILLIS = 5_000;

const streamRow = z.object({
  agent: z.string(),
  owner_until: z.number(),
  ended_at: z.number().nullable(),
  reader_at: z.number(),
  reader_n: z.number(),
});

export type StreamRow = z.infer<typeof streamRow>;

const eventRow = z.object({ n: z.number(), type: z.string(), data: z.string() });
const rangeRow = z.object({ first: z.number().nullable(), last: z.number().nullable() });

export interface EventRange {
  readonly first: number;
  readonly last: number;
}

export class StreamLog {
  readonly #db: SqlDatabase;
  readonly #keptMillis: number;
  readonly #statements;

  constructor({ file, keptMillis }: { readonly file: string; readonly keptMillis: number }) {
    this.#db = openDatabase(file, SCHEMA);
    this.#keptMillis = keptMillis;
    this.#statements = prepare(this.#db);
  }

  create(id: string, agent: string): void {
    this.#statements.create.run(id, agent, Date.now() + OWNER_MILLIS);
  }

  find(id: string): StreamRow | undefined {
    return streamRow.optional().parse(this.#statements.find.get(id) ?? undefined);
  }

  /** Stores events of several streams at once, and forgets those before `firstKept`. */
  write(batches: readonly { id: string; events: readonly NumberedEvent[]; firstKept: number }[]): void {
    const { add, forget, end } = this.#statements;
    transaction(this.#db, () => {
      for (const { id, events, firstKept } of batches) {
        for (const { n, type, data } of events) add.run(id, n, type, data);
        if (firstKept > 1) forget.run(id, firstKept);
        if (events.some(isLast)) end.run(Date.now(), id);
      }
    });
  }

  read(id: string, after: number, limit: number): NumberedEvent[] {
    return this.#statements.read
      .all(id, after, limit)
      .map((row) => eventRow.parse(row))
      .map(({ n, type, data }) => ({ n, type: type as StreamEvent['type'], data }));
  }

  range(id: string): EventRange {
    const { first, last } = rangeRow.parse(this.#statements.range.get(id));
    return { first: first ?? 1, last: last ?? 0 };
  }

  /**
   * Ends a stream whose worker is gone, for clients that have the events up to `after`. Of several callers one does.
   */
  endBroken(id: string, after: number, event: StreamEvent): void {
    transaction(this.#db, () => {
      const row = this.find(id);
      if (row === undefined || row.ended_at !== null || row.owner_until > Date.now()) return;
      const n = Math.max(this.range(id).last, after) + 1;
      this.#statements.add.run(id, n, event.type, JSON.stringify(event));
      this.#statements.end.run(Date.now(), id);
    });
  }

  /** Reports to the stream's worker that a client reads it here, and how far it is. */
  markReader(id: string, n: number): void {
    this.#statements.reader.run(Date.now(), n, id);
  }

  renew(ids: readonly string[]): void {
    const until = Date.now() + OWNER_MILLIS;
    transaction(this.#db, () => {
      for (const id of ids) this.#statements.renew.run(until, id);
    });
  }

  /** Removes streams that ended long ago. */
  clean(): void {
    const before = Date.now() - this.#keptMillis;
    this.#statements.clean.run(before, before);
  }

  close(): void {
    this.#db.close();
  }
}

function prepare(db: SqlDatabase) {
  return {
    create: db.prepare('INSERT INTO streams (id, agent, owner_until) VALUES (?, ?, ?)'),
    find: db.prepare('SELECT agent, owner_until, ended_at, reader_at, reader_n FROM streams WHERE id = ?'),
    add: db.prepare('INSERT INTO stream_events VALUES (?, ?, ?, ?)'),
    forget: db.prepare('DELETE FROM stream_events WHERE stream_id = ? AND n < ?'),
    end: db.prepare('UPDATE streams SET ended_at = ? WHERE id = ?'),
    read: db.prepare(
      'SELECT n, type, data FROM stream_events WHERE stream_id = ? AND n > ? ORDER BY n LIMIT ?',
    ),
    range: db.prepare('SELECT min(n) AS first, max(n) AS last FROM stream_events WHERE stream_id = ?'),
    reader: db.prepare('UPDATE streams SET reader_at = ?, reader_n = ? WHERE id = ?'),
    renew: db.prepare('UPDATE streams SET owner_until = ? WHERE id = ?'),
    // A stream without an end belongs to a worker that died, and nobody has asked for it since.
    clean: db.prepare('DELETE FROM streams WHERE ended_at < ? OR (ended_at IS NULL AND owner_until < ?)'),
  };
}
