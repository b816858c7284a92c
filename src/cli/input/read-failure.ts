/**
 * Why something cannot be read, or not to its end, as a message says it.
 *
 * @param path - of a file of events.
 */
export function readFailure(error: unknown, path?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return path === undefined
        ? 'is a directory'
        : `is a directory; name the files in it, such as ${path.replace(/\/+$/, '')}/*.jsonl`;
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    // Node has this code for any data that ends early.
    case 'Z_BUF_ERROR':
      return 'the gzip data ends early; what came before was read';
    default:
      return code?.startsWith('Z_')
        ? `the gzip data is damaged (${message}); what came before was read`
        : message;
  }
}
