/** SQLite: Node's own where there is one (22.13 and newer), else better-sqlite3. Both have the methods below. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export type SqlValue = string | number | null;

export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

export interface SqlDatabase {
  prepare(sql: string): SqlStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

type DatabaseClass = new (file: string) => SqlDatabase;

/**
 * Opens a database that several processes use at the same time. A process that meets another one's write waits.
 *
 * @param schema - SQL that makes the tables if they do not exist.
 */
export function openDatabase(file: string, schema: string): SqlDatabase {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const Database = nodeSqlite() ?? betterSqlite();
  const database = new Database(file);
  database.exec('PRAGMA busy_timeout = 10000');
  // Readers do not wait for a writer. A crash of the machine may lose the last commits, a crash of the process does not.
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA foreign_keys = ON');
  transaction(database, () => database.exec(schema));
  return database;
}

/** Runs statements as one: all of them have an effect, or none. */
export function transaction<Result>(database: SqlDatabase, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Installs better-sqlite3 from its lock file if this Node needs it. Compiling it takes a minute where no binary exists. */
export function installSqlite(): void {
  // An installation that was interrupted while it compiled has the folders, but not this file.
  const binary = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
  if (nodeSqlite() !== undefined || existsSync(path.join(import.meta.dirname, binary))) return;
  console.log('Installing better-sqlite3, since this Node has no node:sqlite …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: import.meta.dirname, stdio: 'inherit' });
}

function nodeSqlite(): DatabaseClass | undefined {
  // Types of Node 20 do not know the module, and an import of it fails there.
  const module = process.getBuiltinModule('node:sqlite') as { DatabaseSync: DatabaseClass } | undefined;
  return module?.DatabaseSync;
}

function betterSqlite(): DatabaseClass {
  return createRequire(import.meta.url)('better-sqlite3') as DatabaseClass;
}
