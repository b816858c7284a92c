/** What the process says of itself when it ends; docs/agent-events.md explains each. */
export const EXIT = {
  ok: 0,
  /** `verify` found something wrong. */
  findings: 1,
  /** The command line itself is wrong; nothing was read. */
  usage: 2,
  /** Some of the input could not be read; the rest was. */
  input: 3,
  /** The output could not be written, or the fault is ours. */
  failure: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
