import { invalidRequest } from '../api-error.js';
import { derivedId, newSeed } from '../ids.js';

/** A file as the API shows it. */
export interface FileDescription {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: null;
  readonly filename: string;
  readonly purpose: string;
  readonly status: 'processed';
  readonly status_details: null;
}

interface KeptFile {
  readonly description: FileDescription;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** The largest file that can be uploaded. */
export const MAX_FILE_BYTES: number = 5 * 1024 * 1024;
const MAX_FILES = 1_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Uploaded files and those that batches wrote. The oldest are forgotten when there are too many, or too large ones. */
export class KeptFiles {
  readonly #files = new Map<string, KeptFile>();
  #bytes = 0;

  add(filename: string, purpose: string, content: Uint8Array<ArrayBuffer>): FileDescription {
    const description: FileDescription = {
      id: derivedId('file-', newSeed()),
      object: 'file',
      bytes: content.length,
      created_at: Math.floor(Date.now() / 1000),
      expires_at: null,
      filename,
      purpose,
      status: 'processed',
      status_details: null,
    };
    this.#files.set(description.id, { description, content });
    this.#bytes += content.length;
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES && this.#bytes <= MAX_BYTES) break;
      this.#remove(oldest);
    }
    return description;
  }

  /** Throws the API's error if there is no such file. */
  get(id: string): KeptFile {
    const file = this.#files.get(id);
    if (!file) throw invalidRequest(`No such File object: ${id}`, { param: 'id' }, 404);
    return file;
  }

  has(id: string): boolean {
    return this.#files.has(id);
  }

  delete(id: string): void {
    this.get(id);
    this.#remove(id);
  }

  /** Newest first. */
  list(): FileDescription[] {
    return [...this.#files.values()].map(({ description }) => description).reverse();
  }

  #remove(id: string): void {
    this.#bytes -= this.#files.get(id)?.content.length ?? 0;
    this.#files.delete(id);
  }
}
