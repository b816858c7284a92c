/** Requests that are none: whatever the client makes of them, it makes the same of them with us. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays } from './both-ways.js';
import { hostileValue, make, type Recipe } from './hostile-values.js';
import { inTime, RUNS_TIMEOUT_MS, runs } from './runs.js';

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

const members = (recipes: readonly (readonly [string, Recipe])[]) =>
  Object.fromEntries(recipes.map(([name, recipe]) => [name, make(recipe)]));

describe.each(API_CALLS)('$name', ({ name, request, parameters: names, answer, call }) => {
  const answered: Answer = { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };

  it(
    'with hostile parameters',
    () =>
      fc.assert(
        fc.asyncProperty(
          parameters(names),
          inTime(async (recipes) => {
            await bothWays.expectNoDifference(
              (client) => call(client, { ...request(), ...members(recipes) }),
              answered,
            );
          }),
        ),
        runs(40),
      ),
    RUNS_TIMEOUT_MS,
  );

  // Of a text as its body the client makes a form with a field for each character, for minutes.
  const isForm = name === 'audio.transcriptions.create';
  (isForm ? it.skip : it)(
    'with a hostile body',
    () =>
      fc.assert(
        fc.asyncProperty(
          hostileValue,
          inTime(async (body) => {
            await bothWays.expectNoDifference((client) => call(client, make(body)), answered);
          }),
        ),
        runs(30),
      ),
    RUNS_TIMEOUT_MS,
  );

  it(
    'with hostile options',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(
            hostileValue,
            parameters(OPTIONS).map((options): Recipe => ({ members: options, as: 'literal' })),
          ),
          inTime(async (options) => {
            await bothWays.expectNoDifference((client) => call(client, request(), make(options)), answered);
          }),
        ),
        runs(30),
      ),
    RUNS_TIMEOUT_MS,
  );
});
