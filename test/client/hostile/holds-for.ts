import fc from 'fast-check';

const asked = Number(process.env.FC_RUNS ?? 0);

/** A busy machine tries fewer cases than configured. */
const LIMIT_MS = asked > 0 ? Number.POSITIVE_INFINITY : 900;

/** The time limit of a test with that many cases. */
export const TIMEOUT_MS = 120_000 + asked * 200;

/**
 * Expects that a property holds for every case that is tried: a few by default, or `FC_RUNS` if that is set. A failing
 * case is shrunk and reported with the seed that reproduces it.
 *
 * @param usual - the default number of cases.
 */
export async function holdsFor<Case>(
  cases: fc.Arbitrary<Case>,
  usual: number,
  holds: (tried: Case) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const property = fc.asyncProperty(cases, async (tried) => {
    // Not with fast-check's own limit, which leaves a case running that would disturb the next test.
    if (performance.now() - started < LIMIT_MS) await holds(tried);
  });
  await fc.assert(property, { numRuns: asked > 0 ? asked : usual });
}
