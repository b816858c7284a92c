/** Runs before the tests of the examples, because a test has less time than compiling better-sqlite3 takes. */
import { installSqlite } from '../../examples/streaming-api/sqlite/open-database.js';

export default function install(): void {
  installSqlite();
}
