/** Runs before the tests of the examples, because a test has less time than these installations may take. */
import { installSqlite } from '../../examples/streaming-api/sqlite/open-database.js';
import { ensureChromium } from '../../scripts/chromium/chromium.js';

export default function install(): void {
  installSqlite();
  ensureChromium();
}
