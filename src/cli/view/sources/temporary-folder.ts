import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Files of ours that live as long as the process: only their owner can read them, and they are removed at the end. */
export class TemporaryFolder {
  #path: string | undefined;
  #files = 0;
  readonly #removeAtExit = (): void => this.remove();

  /** Creates a file that can be written and read. The caller closes it. */
  async create(name: string): Promise<{ readonly path: string; readonly handle: FileHandle }> {
    if (this.#path === undefined) {
      // mkdtemp makes a folder that only its owner can enter.
      this.#path = mkdtempSync(path.join(tmpdir(), 'agent-events-view-'));
      process.once('exit', this.#removeAtExit);
    }
    this.#files += 1;
    const file = path.join(this.#path, `${this.#files}-${name}`);
    return { path: file, handle: await open(file, 'wx+', 0o600) };
  }

  remove(): void {
    process.removeListener('exit', this.#removeAtExit);
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}
