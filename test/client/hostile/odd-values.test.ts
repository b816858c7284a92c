/** Odd values in every place where a request is read: the client treats them the same with and without instrumentation. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays } from './both-ways.js';
import { TIMEOUT_MS } from './holds-for.js';
import { MEGABYTES, make, ODDITIES, type Recipe } from './hostile-values.js';

let bothWays: BothWays;
beforeAll(async () => {
  bothWays = await startBothWays();
});
afterAll(() => bothWays.stop());

const MEMBERS = ['content', 'text', 'name', 'tool_calls', 'url', 'arguments', 'parameters'];

/** The odd value in each place where a message or a part of one is read. */
function within(oddity: string): Recipe {
  const odd = MEMBERS.map((name): [string, Recipe] => [name, { oddity }]);
  const words: [string, Recipe][] = [
    ['role', { json: 'user' }],
    ['type', { json: 'text' }],
  ];
  return { list: [{ members: [...words, ...odd], as: 'literal' }, { oddity }] };
}

const SMALL = Object.keys(ODDITIES).filter((oddity) => !MEGABYTES.includes(oddity));

describe.each(API_CALLS)(
  'A call of $name behaves the same with and without instrumentation',
  ({ request, parameters, content, answer, call }) => {
    const answered: Answer = { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };

    it.each<[where: string, names: readonly string[], recipeOf: (oddity: string) => Recipe]>([
      ['as', parameters, (oddity) => ({ oddity })],
      ['within', content, within],
    ])('with each odd value %s its parameters', { timeout: TIMEOUT_MS }, async (_where, names, recipeOf) => {
      for (const oddity of SMALL) {
        await bothWays.expectNoDifference((client) => {
          const odd = Object.fromEntries(names.map((name) => [name, make(recipeOf(oddity))]));
          return call(client, { ...request(), ...odd });
        }, answered);
      }
    });
  },
);
