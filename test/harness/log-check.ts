/** Runs scripts/log-check, which checks notes, proofs and event files with implementations of others, in Go. */
import { spawnSync } from 'node:child_process';
import { binary, build, hasGo } from '../../scripts/log-check/build.mjs';

/** The answer of the program: its JSON, or its error. */
interface LogCheckAnswer {
  readonly answer?: unknown;
  readonly error?: string;
}

/**
 * The reason why the program cannot run; `undefined` if it can. `npm run test:log-check`, a step of `.ci/run`, builds it
 * first and fails without Go.
 */
export function logCheckMissing(): string | undefined {
  if (hasGo()) return undefined;
  const reason = 'Go is not on the PATH, so nothing checks notes and proofs independently';
  console.warn(`SKIPPED: ${reason}`);
  return reason;
}

/** Builds the program if that is necessary. */
export function buildLogCheck(): void {
  build();
}

export function logCheck(
  command: 'note' | 'proof' | 'events',
  verifierKeys: readonly string[],
  input: string,
): LogCheckAnswer {
  const { status, stdout, stderr } = spawnSync(binary, [command, ...verifierKeys], {
    input,
    encoding: 'utf8',
  });
  return status === 0 ? { answer: JSON.parse(stdout) as unknown } : { error: stderr.trim() };
}
