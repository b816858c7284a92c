import fc from 'fast-check';

const asked = Number(process.env.FC_RUNS ?? 0);

/** A machine that has much else to do tries fewer cases than it is told to. */
const LIMIT_MS = asked > 0 ? Number.POSITIVE_INFINITY : 900;

/** What a test of as many cases may take. */
export const TIMEOUT_MS = 30_000 + asked * 200;

/**
 * Expects that something holds for every case that is tried: a few each time, as many as `FC_RUNS` says where that is
 * set. A failing case is made as small as it gets, and told with the seed that makes it again.
 *
 * @param usual - how many cases, where no number is asked for.
 */
export async function holdsFor<Case>(
  cases: fc.Arbitrary<Case>,
  usual: number,
  holds: (tried: Case) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const property = fc.asyncProperty(cases, async (tried) => {
    // Not by fast-check's own limit: it leaves the case that is under way, and the next test would meet it.
    if (performance.now() - started < LIMIT_MS) await holds(tried);
  });
  await fc.assert(property, { numRuns: asked > 0 ? asked : usual });
}
