import { expect, test } from 'vitest';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
const model = 'text-embedding-3-small';

test('both encodings give the same vectors', async () => {
  const { embeddings } = clientOf(server());
  // Without an encoding, the client asks for base64 and decodes it.
  const decoded = await embeddings.create({ model, input: ['cat', 'dog'] });
  const floats = await embeddings.create({ model, input: ['cat', 'dog'], encoding_format: 'float' });
  const base64 = await embeddings.create({ model, input: 'cat', encoding_format: 'base64' });

  expect(server().requests[0]?.body).toMatchObject({ encoding_format: 'base64' });
  expect(base64.data[0]?.embedding).toBeTypeOf('string');
  expect(floats).toMatchObject({
    object: 'list',
    model,
    data: [{ object: 'embedding', index: 0 }, { index: 1 }],
    usage: { prompt_tokens: 2, total_tokens: 2 },
  });
  expect(Array.from(decoded.data[0]?.embedding ?? [])).toEqual(floats.data[0]?.embedding);
  expect(floats.data[0]?.embedding).not.toEqual(floats.data[1]?.embedding);
});

test.each([
  [{ model }, 1536],
  [{ model: 'text-embedding-3-large' }, 3072],
  [{ model, dimensions: 8 }, 8],
])('%o gives unit vectors of size %i', async (params, size) => {
  const { data } = await clientOf(server()).embeddings.create({
    ...params,
    input: 'x',
    encoding_format: 'float',
  });
  const vector = data[0]?.embedding ?? [];
  expect(vector).toHaveLength(size);
  expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
});

test.each([
  ['one list of tokens', [1, 2, 3], 1],
  ['lists of tokens', [[1, 2], [3]], 2],
])('%s', async (_what, input, count) => {
  const { data, usage } = await clientOf(server()).embeddings.create({ model, input });
  expect(data).toHaveLength(count);
  expect(usage.prompt_tokens).toBe(3);
});
