/** Kinds of errors of the file system. */
import { PACKAGE_NAME } from '../../version.js';

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

/** The error of an option that names a folder which cannot be used. */
export function wrongFolder(directory: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `${PACKAGE_NAME}: option "spool.directory" is '${directory}', which cannot be used (${reason}); ` +
      'it must be a folder that this process may create and write to',
    { cause },
  );
}
