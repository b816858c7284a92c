/** Sessions of the agents in SQLite. They outlive the process, and every worker sees the same ones. */
import { randomUUID } from 'node:crypto';
import type { AgentInputItem, Session } from '@openai/agents';
import { z } from 'zod';
import { openDatabase, type SqlDatabase, transaction } from '../sqlite/open-database.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    agent TEXT, id TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (agent, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS session_items (
    agent TEXT, session_id TEXT, n INTEGER, item TEXT NOT NULL,
    PRIMARY KEY (agent, session_id, n),
    FOREIGN KEY (agent, session_id) REFERENCES sessions (agent, id) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS paused_runs (
    agent TEXT, session_id TEXT, state TEXT NOT NULL, approvals TEXT NOT NULL,
    PRIMARY KEY (agent, session_id),
    FOREIGN KEY (agent, session_id) REFERENCES sessions (agent, id) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS session_locks (
    agent TEXT, session_id TEXT, owner TEXT NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (agent, session_id)
  ) WITHOUT ROWID;
`;

/** A tool call that waits for a person. */
export const pendingApprovalSchema = z.object({
  /** The id of the tool call. */
  id: z.string(),
  tool: z.string(),
  /** JSON, as the model wrote it. */
  arguments: z.string(),
  agent: z.string(),
});

export type PendingApproval = z.infer<typeof pendingApprovalSchema>;

/** A run that waits for approvals: the Agents SDK's `RunState` as text, and what it waits for. */
export interface PausedRun {
  readonly state: string;
  readonly approvals: readonly PendingApproval[];
}

export interface StoredSession {
  readonly items: readonly AgentInputItem[];
  readonly pendingApprovals: readonly PendingApproval[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A lock that is held. A process that dies holds it no longer than `LOCK_MILLIS`. */
export interface SessionLock {
  release(): void;
}

const LOCK_MILLIS = 10_000;

const sessionRow = z.object({ created_at: z.number(), updated_at: z.number() });
const itemRow = z.object({ item: z.string() });
const pausedRow = z.object({ state: z.string(), approvals: z.string() });
const numberRow = z.object({ n: z.number() });

export interface SessionStoreOptions {
  readonly file: string;
  /** The oldest items of a longer session are removed, up to the next message of the user. */
  readonly maxItems: number;
}

export class SessionStore {
  readonly maxItems: number;
  readonly #db: SqlDatabase;
  readonly #statements;

  constructor({ file, maxItems }: SessionStoreOptions) {
    this.maxItems = maxItems;
    this.#db = openDatabase(file, SCHEMA);
    this.#statements = prepare(this.#db);
  }

  /** Returns the session for a run, made if it does not exist. */
  session(agent: string, id: string): Session {
    const now = Date.now();
    this.#statements.touch.run(agent, id, now, now);
    return new SqliteSession(id, {
      items: (limit) => this.#items(agent, id, limit),
      add: (items) => this.#add(agent, id, items),
      pop: () => this.#pop(agent, id),
      clear: () => this.#statements.clear.run(agent, id),
    });
  }

  read(agent: string, id: string): StoredSession | undefined {
    const row = sessionRow.optional().parse(this.#statements.session.get(agent, id) ?? undefined);
    if (row === undefined) return undefined;
    return {
      items: this.#items(agent, id),
      pendingApprovals: this.pausedRun(agent, id)?.approvals ?? [],
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }

  /** Returns whether there was such a session. */
  delete(agent: string, id: string): boolean {
    return Number(this.#statements.delete.run(agent, id).changes) > 0;
  }

  pausedRun(agent: string, id: string): PausedRun | undefined {
    const row = pausedRow.optional().parse(this.#statements.paused.get(agent, id) ?? undefined);
    if (row === undefined) return undefined;
    return { state: row.state, approvals: z.array(pendingApprovalSchema).parse(JSON.parse(row.approvals)) };
  }

  /** Keeps the run that a session waits for; `undefined` if it waits for none. */
  setPausedRun(agent: string, id: string, run: PausedRun | undefined): void {
    if (run === undefined) this.#statements.unpause.run(agent, id);
    else this.#statements.pause.run(agent, id, run.state, JSON.stringify(run.approvals));
  }

  /** Takes the lock of a session across all workers; `undefined` if another run has it. */
  lock(agent: string, id: string): SessionLock | undefined {
    const owner = randomUUID();
    const now = Date.now();
    const { changes } = this.#statements.lock.run(agent, id, owner, now + LOCK_MILLIS, now);
    if (Number(changes) === 0) return undefined;
    const renewal = setInterval(() => {
      this.#statements.renew.run(Date.now() + LOCK_MILLIS, agent, id, owner);
    }, LOCK_MILLIS / 4).unref();
    return {
      release: () => {
        clearInterval(renewal);
        this.#statements.unlock.run(agent, id, owner);
      },
    };
  }

  close(): void {
    this.#db.close();
  }

  #items(agent: string, id: string, limit = this.maxItems): AgentInputItem[] {
    return this.#statements.items
      .all(agent, id, Math.max(limit, 0))
      .map((row) => JSON.parse(itemRow.parse(row).item) as AgentInputItem)
      .reverse();
  }

  #add(agent: string, id: string, items: readonly AgentInputItem[]): void {
    transaction(this.#db, () => {
      const { n: last } = numberRow.parse(this.#statements.lastItem.get(agent, id));
      for (const [index, item] of items.entries()) {
        this.#statements.add.run(agent, id, last + 1 + index, JSON.stringify(item));
      }
      this.#statements.touch.run(agent, id, Date.now(), Date.now());
      this.#trim(agent, id);
    });
  }

  /** A history that begins with a user's message has no result without its tool call. */
  #trim(agent: string, id: string): void {
    const { n: count } = numberRow.parse(this.#statements.countItems.get(agent, id));
    if (count <= this.maxItems) return;
    const items = this.#items(agent, id);
    const start = items.findIndex((item) => 'role' in item && item.role === 'user');
    // Without a user's message, the rest is a part of one very long turn.
    this.#statements.trim.run(agent, id, agent, id, items.length - Math.max(start, 0));
  }

  #pop(agent: string, id: string): AgentInputItem | undefined {
    return transaction(this.#db, () => {
      const [item] = this.#items(agent, id, 1);
      this.#statements.pop.run(agent, id, agent, id);
      return item;
    });
  }
}

function prepare(db: SqlDatabase) {
  return {
    touch: db.prepare(
      'INSERT INTO sessions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at',
    ),
    session: db.prepare('SELECT created_at, updated_at FROM sessions WHERE agent = ? AND id = ?'),
    delete: db.prepare('DELETE FROM sessions WHERE agent = ? AND id = ?'),
    items: db.prepare(
      'SELECT item FROM session_items WHERE agent = ? AND session_id = ? ORDER BY n DESC LIMIT ?',
    ),
    lastItem: db.prepare(
      'SELECT coalesce(max(n), 0) AS n FROM session_items WHERE agent = ? AND session_id = ?',
    ),
    countItems: db.prepare('SELECT count(*) AS n FROM session_items WHERE agent = ? AND session_id = ?'),
    add: db.prepare('INSERT INTO session_items VALUES (?, ?, ?, ?)'),
    trim: db.prepare(`DELETE FROM session_items WHERE agent = ? AND session_id = ? AND n <=
      (SELECT max(n) FROM session_items WHERE agent = ? AND session_id = ?) - ?`),
    pop: db.prepare(`DELETE FROM session_items WHERE agent = ? AND session_id = ? AND n =
      (SELECT max(n) FROM session_items WHERE agent = ? AND session_id = ?)`),
    clear: db.prepare('DELETE FROM session_items WHERE agent = ? AND session_id = ?'),
    paused: db.prepare('SELECT state, approvals FROM paused_runs WHERE agent = ? AND session_id = ?'),
    pause: db.prepare('INSERT OR REPLACE INTO paused_runs VALUES (?, ?, ?, ?)'),
    unpause: db.prepare('DELETE FROM paused_runs WHERE agent = ? AND session_id = ?'),
    // A lock that has expired is taken over.
    lock: db.prepare(`INSERT INTO session_locks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
      SET owner = excluded.owner, expires_at = excluded.expires_at WHERE expires_at < ?`),
    renew: db.prepare(
      'UPDATE session_locks SET expires_at = ? WHERE agent = ? AND session_id = ? AND owner = ?',
    ),
    unlock: db.prepare('DELETE FROM session_locks WHERE agent = ? AND session_id = ? AND owner = ?'),
  };
}

interface SessionAccess {
  readonly items: (limit?: number) => AgentInputItem[];
  readonly add: (items: readonly AgentInputItem[]) => void;
  readonly pop: () => AgentInputItem | undefined;
  readonly clear: () => void;
}

/** One session, as the Agents SDK uses it. */
class SqliteSession implements Session {
  readonly #id: string;
  readonly #access: SessionAccess;

  constructor(id: string, access: SessionAccess) {
    this.#id = id;
    this.#access = access;
  }

  async getSessionId(): Promise<string> {
    return this.#id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    return this.#access.items(limit);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    this.#access.add(items);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return this.#access.pop();
  }

  async clearSession(): Promise<void> {
    this.#access.clear();
  }
}
