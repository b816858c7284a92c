/** Kinds of errors of the file system. */

/** Errors that only another folder or other rights mend, and those of this package about the folder. */
const WRONG_FOLDER = new Set<string | undefined>([
  undefined,
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
]);

export function isWrongFolder(error: unknown): boolean {
  return WRONG_FOLDER.has((error as NodeJS.ErrnoException).code);
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
