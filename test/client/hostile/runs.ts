/** How many cases are tried: enough to find something, few enough to be run each time. */
import type fc from 'fast-check';

/** `FC_RUNS=5000 npx vitest run test/client/hostile` looks longer. */
const asked = Number(process.env.FC_RUNS);

/** A machine that has much else to do tries fewer. */
const LIMIT_MS = 2_500;

/** @param usual - where no number is asked for. */
export function runs(usual: number): fc.Parameters<unknown> {
  return { numRuns: asked > 0 ? asked : usual };
}

/**
 * Tries a case while there is time. What is under way is awaited: fast-check's own limits leave it to run into the
 * next test.
 */
export function inTime<Args extends unknown[]>(
  tryCase: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  const deadline = asked > 0 ? Number.POSITIVE_INFINITY : performance.now() + LIMIT_MS;
  return async (...args) => {
    if (performance.now() < deadline) await tryCase(...args);
  };
}

/** What a test that tries as many may take. */
export const RUNS_TIMEOUT_MS = asked > 0 ? asked * 200 + 60_000 : 60_000;
