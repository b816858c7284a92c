import type OpenAI from 'openai';
import { expect, test } from 'vitest';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();

function flagged({ results }: OpenAI.ModerationCreateResponse): string[][] {
  return results.map(({ categories }) =>
    Object.entries(categories)
      .filter(([, found]) => found)
      .map(([category]) => category),
  );
}

const image = { type: 'image_url' as const, image_url: { url: 'https://images.example.com/a.png' } };

test('a result has every category, with its score', async () => {
  const moderation = await clientOf(server()).moderations.create({ input: 'They attack at dawn.' });
  const each = <Value>(value: (category: string) => Value) =>
    Object.fromEntries(CATEGORIES.map((category) => [category, value(category)]));
  expect(moderation).toEqual({
    id: expect.stringMatching(/^modr-/),
    model: 'omni-moderation-latest',
    results: [
      {
        flagged: true,
        categories: each((category) => category === 'violence'),
        category_scores: each((category) => (category === 'violence' ? 0.97 : 0.0001)),
        category_applied_input_types: each(() => ['text']),
      },
    ],
  });
});

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

test.each<[string, OpenAI.ModerationCreateParams['input'], string[][]]>([
  ['a clean text', 'Good day.', [[]]],
  ['both words', 'I HATE it when they attack.', [['hate', 'violence']]],
  ['a result for each text', ['Good day.', 'I hate it.'], [[], ['hate']]],
  ['one result for all parts', [{ type: 'text', text: 'I hate it.' }, image], [['hate']]],
  ['a picture', [image], [[]]],
])('%s', async (_what, input, categories) => {
  const { moderations } = clientOf(server());
  const moderation = await moderations.create({ input, model: 'omni-moderation-2024-09-26' });
  expect(flagged(moderation)).toEqual(categories);
  expect(moderation.model).toBe('omni-moderation-2024-09-26');
});

test('reports which inputs each category was applied to', async () => {
  const { results } = await clientOf(server()).moderations.create({
    input: [{ type: 'text', text: 'Look' }, image],
  });
  expect(results[0]?.category_applied_input_types).toMatchObject({
    harassment: ['text'],
    violence: ['text', 'image'],
  });
});
