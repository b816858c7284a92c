/** Where the hash chain of a session ends. */
export interface ChainHead {
  /** `content_hash` of its newest event. */
  readonly hash: string;
  /** How many events it has; not known of one whose beginning was not read. */
  readonly count: number | undefined;
}
