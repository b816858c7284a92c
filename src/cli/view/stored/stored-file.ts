import type { FileHandle } from 'node:fs/promises';

/**
 * An open file whose events are in the index. It stays open while its events may be looked at, so that it can be read
 * after it was renamed or deleted.
 */
export class StoredFile {
  /** Name of the source, for people. */
  readonly name: string;
  /** Device and inode, by which a file is known that was renamed. */
  readonly inode: string;
  /** Number of bytes that were indexed. */
  bytes = 0;
  readonly #handle: FileHandle;
  /** Whether the file was truncated or closed, so that what was indexed cannot be read any more. */
  #lost = false;

  constructor(name: string, inode: string, handle: FileHandle) {
    this.name = name;
    this.inode = inode;
    this.#handle = handle;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Called when the bytes of the file are no longer those that were indexed. */
  lose(): void {
    this.#lost = true;
  }

  /** Returns bytes that were indexed; fewer if the file has become shorter, none if it was lost. */
  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length && !this.#lost) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, this.#lost ? 0 : filled);
  }

  /** Yields everything that was indexed. */
  async *readAll(chunkBytes = 1024 * 1024): AsyncGenerator<Buffer> {
    for (let offset = 0; offset < this.bytes; ) {
      const bytes = await this.read(offset, Math.min(chunkBytes, this.bytes - offset));
      if (bytes.length === 0) return;
      offset += bytes.length;
      yield bytes;
    }
  }

  async close(): Promise<void> {
    this.#lost = true;
    // A truncated file shares its handle with the one that it became.
    await this.#handle.close().catch(() => {});
  }
}
