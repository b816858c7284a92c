import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../run-command.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Names and versions of packages without code, by their path below the project: `node_modules/openai`. */
export type FakePackages = Readonly<Record<string, string>>;

export interface ProjectOptions {
  readonly manifest?: Record<string, unknown>;
  readonly fakes?: FakePackages;
  /** Packages of this repository that are linked. */
  readonly links?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

const base = temporaryFolder();
let count = 0;

/** Builds a small project in a folder of its own. */
export function makeProject({ manifest = {}, fakes = {}, links = [], files = {} }: ProjectOptions): string {
  count += 1;
  const folder = path.join(base, `project-${count}`);
  write(path.join(folder, 'package.json'), JSON.stringify({ name: 'shop', ...manifest }));
  for (const [place, version] of Object.entries(fakes)) {
    const within = Object.keys(fakes).filter((other) => other.startsWith(`${place}/node_modules/`));
    const dependencies = Object.fromEntries(within.map((other) => [nameOf(other), '*']));
    write(
      path.join(folder, place, 'package.json'),
      JSON.stringify({ name: nameOf(place), version, dependencies }),
    );
  }
  for (const name of links) link(folder, name);
  for (const [name, content] of Object.entries(files)) write(path.join(folder, name), content);
  return folder;
}

function nameOf(place: string): string {
  return place.split('node_modules/').at(-1) ?? '';
}

function link(folder: string, name: string): void {
  const place = path.join(folder, 'node_modules', name);
  mkdirSync(path.dirname(place), { recursive: true });
  const isThis = name === 'opentelemetry-instrumentation-openai-agents';
  symlinkSync(isThis ? ROOT : path.join(ROOT, 'node_modules', name), place, 'dir');
}

function write(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
