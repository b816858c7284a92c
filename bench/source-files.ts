/** The source files of functions that a profiler of V8 names by bundles. */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The place of a function as V8's profilers say it, from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Adds up what a profiler counts, by source file and by function. */
export class SourceSums {
  all = 0;
  readonly #files = new Map<string, number>();
  readonly #functions = new Map<string, number>();

  add(frame: CallFrame, amount: number): void {
    const source = sourceOf(frame);
    const name = `${frame.functionName || 'a function without a name'}, ${source}`;
    this.all += amount;
    this.#files.set(source, (this.#files.get(source) ?? 0) + amount);
    this.#functions.set(name, (this.#functions.get(name) ?? 0) + amount);
  }

  /** The most first. */
  get files(): readonly (readonly [name: string, sum: number])[] {
    return inOrder(this.#files);
  }

  get functions(): readonly (readonly [name: string, sum: number])[] {
    return inOrder(this.#functions);
  }
}

function inOrder(sums: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...sums].sort((a, b) => b[1] - a[1]);
}

/** Returns where a function was written: below this project, in a package, or in Node. */
function sourceOf({ functionName, url, lineNumber, columnNumber }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native functions';
  if (url.startsWith('node:')) return url;
  const loaded = url.startsWith('file:') ? fileURLToPath(url) : url;
  const entry = mapOf(loaded)?.findEntry(lineNumber, columnNumber);
  const source =
    entry !== undefined && 'originalSource' in entry
      ? path.resolve(path.dirname(loaded), entry.originalSource)
      : loaded;
  const inPackage = source.lastIndexOf('/node_modules/');
  return inPackage < 0
    ? path.relative(process.cwd(), source)
    : source.slice(inPackage + '/node_modules/'.length);
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(loaded: string): SourceMap | undefined {
  if (!maps.has(loaded)) {
    const text = existsSync(`${loaded}.map`) ? readFileSync(`${loaded}.map`, 'utf8') : undefined;
    // Only of this package: maps of others may lead to files that they do not contain.
    const isOwn = !loaded.includes('/node_modules/');
    maps.set(loaded, text === undefined || !isOwn ? undefined : new SourceMap(JSON.parse(text)));
  }
  return maps.get(loaded);
}
