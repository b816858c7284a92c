import { objectOf, oneOf, required, TEXT, WHOLE_NUMBER } from '../../options/option-rules.js';

/** Options of the spool, a directory in which events wait until their sink has them. */
export interface SpoolOptions {
  /**
   * Path of the folder, which is created (mode 0700) if it does not exist. Several processes may share it. It must not be
   * a symbolic link.
   */
  directory: string;
  /**
   * Maximum number of bytes on the disk, for each sink of each process.
   *
   * @defaultValue 1 GiB
   */
  maxBytes?: number;
  /**
   * Which events are given up if the spool is full.
   *
   * - `refuse-new`: the newest. An event that is in the spool stays until it is delivered, so the stream has one gap, with
   *   a known beginning, and everything before it is whole.
   * - `drop-oldest`: the oldest, in portions of a file of the spool.
   *
   * @defaultValue `refuse-new`
   */
  whenFull?: 'drop-oldest' | 'refuse-new';
  /**
   * When the operating system is made to write the events to the disk. A killed process loses nothing by any of these, a
   * machine without power does.
   *
   * - `never`: when the operating system decides
   * - `interval`: once a second
   * - `batch`: before the events count as stored
   *
   * @defaultValue `interval`
   */
  fsync?: 'never' | 'interval' | 'batch';
}

const GIB = 1024 ** 3;

/** The options of a spool with their defaults. */
export type SpoolSettings = Readonly<Required<SpoolOptions>>;

export function spoolSettings({
  directory,
  maxBytes = GIB,
  whenFull = 'refuse-new',
  fsync = 'interval',
}: SpoolOptions): SpoolSettings {
  return { directory, maxBytes, whenFull, fsync };
}

/** The rule for an option `spool`. */
export const SPOOL_RULE = objectOf(
  {
    directory: required(TEXT),
    maxBytes: WHOLE_NUMBER,
    whenFull: oneOf(['drop-oldest', 'refuse-new']),
    fsync: oneOf(['never', 'interval', 'batch']),
  },
  'an object with "directory"',
);
