import { expect, it } from 'vitest';
import { choiceCountAttribute, requestedChoices } from '../../src/openai-api/request-attributes.js';

it.each<[n: unknown, inputs: number, choices: number]>([
  [undefined, 1, 1],
  [3, 1, 3],
  [3, 2, 6],
  [undefined, 5, 5],
  [0, 2, 2],
  [-1, 1, 1],
  [1.5, 1, 1],
  ['3', 1, 1],
  [4096, 1, 4096],
  [4097, 1, 1],
  [2, 4096, 1],
  [2 ** 31, 1, 1],
  [1e308, 1, 1],
  [Number.POSITIVE_INFINITY, 1, 1],
])('requestedChoices: %j for each of %i', (n, inputs, choices) => {
  expect(requestedChoices(n, inputs)).toBe(choices);
});

it.each<[n: unknown, count: number | undefined]>([
  [3, 3],
  [0, 0],
  [2 ** 31, 2 ** 31],
  [1, undefined],
  [1.5, undefined],
  ['3', undefined],
])('choiceCountAttribute: what was asked, %j', (n, count) => {
  expect(choiceCountAttribute(n)).toBe(count);
});
