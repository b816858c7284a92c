/** The sources in `src/` as a graph of imports and a list of names, for tests of their structure. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { splitComments } from '../../scripts/comments.mjs';

export interface SourceImport {
  /** A path below `src/` for a file of this package, else the name of a package. */
  readonly target: string;
  readonly typesOnly: boolean;
}

export interface SourceFile {
  /** Below `src/`, with `/` between folders. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly SourceImport[];
  /** Classes, interfaces, types and enums that stand at the top level, exported or not. */
  readonly typeNames: readonly string[];
}

/** All files of a source folder except generated ones. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.ts') && !file.includes('generated/'))
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      const { code } = splitComments(text);
      return {
        path: file,
        lines: text.split('\n').length - 1,
        imports: importsOf(file, code),
        typeNames: [...code.matchAll(TYPE_DECLARATION)].map(([, name = '']) => name),
      };
    });
}

/** `import … from`, `export … from`, `import '…'` and `import('…')`. */
const IMPORT =
  /\b(?:import|export)\b([^'";]*?)\bfrom\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]/g;
const TYPE_DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|enum) (\w+)/gm;

function importsOf(file: string, code: string): SourceImport[] {
  return [...code.matchAll(IMPORT)].map(([, names, from, sideEffect, dynamic]) => {
    const specifier = from ?? sideEffect ?? dynamic ?? '';
    const target = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts')
      : specifier;
    return { target, typesOnly: names !== undefined && namesAreTypes(names.trim()) };
  });
}

/** Whether `type { A }`, or `{ type A, type B }`. */
function namesAreTypes(names: string): boolean {
  if (/^type\b/.test(names)) return true;
  const list = /^\{(.*)\}$/s.exec(names)?.[1]?.split(',') ?? [''];
  return list.every((name) => /^\s*type\s/.test(name) || (name.trim() === '' && list.length > 1));
}

/** Types that the declarations (`.d.ts`) below a folder export, in any of its files. */
export function exportedTypes(folder: string, leftOut: RegExp): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts') || leftOut.test(file)) continue;
    for (const [, name = ''] of readFileSync(path.join(folder, file), 'utf8').matchAll(EXPORTED_TYPE)) {
      names.add(name);
    }
  }
  return names;
}

const EXPORTED_TYPE = /^\s*export (?:declare )?(?:abstract )?(?:class|interface|type|enum) (\w+)/gm;

/** One circle of imports, from a file back to itself; `undefined` if there is none. */
export function importCircle(sources: readonly SourceFile[]): string[] | undefined {
  const targets = new Map(sources.map((file) => [file.path, file.imports.map(({ target }) => target)]));
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (open.includes(file)) return [...open.slice(open.indexOf(file)), file];
    if (done.has(file)) return undefined;
    open.push(file);
    for (const target of targets.get(file) ?? []) {
      const circle = visit(target);
      if (circle !== undefined) return circle;
    }
    open.pop();
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
