/** Invalid requests: the client treats them the same with and without instrumentation. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays, type Use } from './both-ways.js';
import { holdsFor, TIMEOUT_MS } from './holds-for.js';
import { hostileValue, MEGABYTES, make, type Recipe } from './hostile-values.js';

let bothWays: BothWays;
beforeAll(async () => {
  bothWays = await startBothWays();
});
afterAll(() => bothWays.stop());

const OPTIONS = ['headers', 'maxRetries', 'query', 'idempotencyKey'];

function parameters(names: readonly string[]): fc.Arbitrary<[string, Recipe][]> {
  return fc.uniqueArray(fc.tuple(fc.constantFrom(...names), hostileValue), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 3,
  });
}

/** Without texts of a megabyte: the client makes a form with a member per character, which takes minutes. */
const smallValue = hostileValue.filter(
  (recipe) => !('oddity' in recipe && MEGABYTES.includes(recipe.oddity)),
);
const someOptions = parameters(OPTIONS).map((members): Recipe => ({ members, as: 'literal' }));

const members = (recipes: readonly (readonly [string, Recipe])[]) =>
  Object.fromEntries(recipes.map(([name, recipe]) => [name, make(recipe)]));

describe.each(API_CALLS)(
  'A call of $name behaves the same with and without instrumentation',
  ({ request, parameters: names, answer, call }) => {
    const answered: Answer = { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };
    /** An API refuses most of these requests; then the number of requested answers matters as well. */
    const refused: Answer = { ...answered, status: 400, body: '{"error":{"message":"No","code":"invalid"}}' };

    const holdsForAnswers = <Case>(cases: fc.Arbitrary<Case>, use: (tried: Case) => Use) =>
      holdsFor(fc.tuple(cases, fc.constantFrom(answered, refused)), 25, ([tried, given]) =>
        bothWays.expectNoDifference(use(tried), given),
      );

    it(
      'with hostile parameters',
      () =>
        holdsForAnswers(
          parameters(names),
          (recipes) => (client) => call(client, { ...request(), ...members(recipes) }),
        ),
      TIMEOUT_MS,
    );

    it(
      'with a hostile body',
      () => holdsForAnswers(smallValue, (body) => (client) => call(client, make(body))),
      TIMEOUT_MS,
    );

    it(
      'with hostile options',
      () =>
        holdsForAnswers(
          fc.oneof(smallValue, someOptions),
          (options) => (client) => call(client, request(), make(options)),
        ),
      TIMEOUT_MS,
    );
  },
);

// A call that fails has the finish reason `error` for each requested answer.
it.each([5e9, 1e308])('A refused request for %d answers is recorded', async (n) => {
  const refused = { status: 400, contentType: 'application/json', body: '{"error":{"code":"invalid"}}' };
  await bothWays.expectNoDifference(
    ({ chat }) => chat.completions.create({ model: 'gpt-5', messages: [], n }),
    refused,
  );
  await bothWays.expectNoDifference(
    ({ completions }) => completions.create({ model: 'gpt-5', prompt: ['a', 'b'], n }),
    refused,
  );
});
