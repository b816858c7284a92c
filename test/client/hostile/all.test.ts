import { afterAll, beforeAll, describe, it } from 'vitest';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays } from './both-ways.js';
import { make, ODDITIES } from './hostile-values.js';

let bothWays: BothWays;
beforeAll(async () => {
  bothWays = await startBothWays();
});
afterAll(() => bothWays.stop());
describe.each(API_CALLS)('$name', ({ request, parameters: names, answer, call }) => {
  const answered = { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };
  it.each(Object.keys(ODDITIES).flatMap((o) => names.map((n) => [o, n] as const)))(
    '%s as %s',
    async (oddity, name) => {
      await bothWays.expectNoDifference(
        (client) => call(client, { ...request(), [name]: make({ oddity }) }),
        answered,
      );
    },
  );
});
