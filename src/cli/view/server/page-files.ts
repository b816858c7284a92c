import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/** `npm run build` puts the page there. The path is the same from `src/` and from `dist/`. */
const FOLDER = fileURLToPath(new URL('../../../../dist/viewer/', import.meta.url));

/**
 * The files of the page by their URL path, read once: no request becomes the path of a file. Empty if the page was not
 * built.
 */
export function pageFiles(folder = FOLDER): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of filesBelow(folder)) {
    const type = TYPES[path.extname(name)];
    if (type === undefined) continue;
    const urlPath = `/${name.split(path.sep).join('/')}`;
    files.set(urlPath, { type, content: readFileSync(path.join(folder, name)) });
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
