import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { expect, test } from 'vitest';
import { collect } from './collect.js';
import { playing, serverForFile } from './local-client.js';

const server = serverForFile();
const apiVersion = '2025-04-01-preview';
const sentence = 'The capital of France is Paris.';
const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];

function azure(
  credential: { apiKey: string } | { azureADTokenProvider: () => Promise<string> },
): AzureOpenAI {
  return new AzureOpenAI({
    endpoint: server().origin,
    apiVersion,
    maxRetries: 0,
    logLevel: 'off',
    ...credential,
  });
}

const client = () => azure({ apiKey: 'azure-key' });

function lastPath(): string | undefined {
  return server().requests.at(-1)?.path;
}

test.each<[string, (client: AzureOpenAI) => Promise<{ model?: string }>]>([
  ['chat/completions', ({ chat }) => chat.completions.create({ model: 'our-chat', messages })],
  ['completions', ({ completions }) => completions.create({ model: 'our-chat', prompt: 'Hi' })],
  ['embeddings', ({ embeddings }) => embeddings.create({ model: 'our-chat', input: 'Hi' })],
])('%s goes to a deployment, whatever its name', async (path, call) => {
  expect((await call(client())).model).toBe('our-chat');
  expect(lastPath()).toBe(`/openai/deployments/our-chat/${path}`);
  expect(server().requests.at(-1)?.headers).toMatchObject({ 'api-key': 'azure-key' });
  expect(server().requests.at(-1)?.headers).not.toHaveProperty('authorization');
});

test('Images and audio go to a deployment too', async () => {
  const { images, audio } = client();
  expect((await images.generate({ model: 'our-pictures', prompt: 'A cat' })).data).toHaveLength(1);
  expect(lastPath()).toBe('/openai/deployments/our-pictures/images/generations');

  const image = await toFile(Buffer.from('no picture'), 'cat.png', { type: 'image/png' });
  expect((await images.edit({ model: 'our-pictures', prompt: 'A cat', image })).data).toHaveLength(1);
  expect(lastPath()).toBe('/openai/deployments/our-pictures/images/edits');

  const file = await toFile(new Uint8Array(10), 'call.wav', { type: 'audio/wav' });
  const { text } = await audio.transcriptions.create({ model: 'our-ears', file });
  expect(text).toBe('This is what was said in the recording.');
  expect(lastPath()).toBe('/openai/deployments/our-ears/audio/transcriptions');

  const spoken = await audio.speech.create({ model: 'our-voice', voice: 'alloy', input: 'Hi' });
  expect((await spoken.arrayBuffer()).byteLength).toBe(4_096);
  expect(lastPath()).toBe('/openai/deployments/our-voice/audio/speech');
});

test('A deployment streams and meets faults', async () => {
  const params = { model: 'our-chat', messages, stream: true as const };
  const chunks = await collect(await client().chat.completions.create(params, playing('plain')));
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(sentence);
  const limited = client().chat.completions.create(params, playing('plain', 'rate-limit'));
  await expect(limited).rejects.toMatchObject({ status: 429 });
});

test('Responses do not go to a deployment, and can be retrieved', async () => {
  const { responses } = client();
  const created = await responses.create({ model: 'our-chat', input: 'Hi' }, playing('plain'));
  expect([lastPath(), created.model, created.output_text]).toEqual([
    '/openai/responses',
    'our-chat',
    sentence,
  ]);
  expect(await responses.retrieve(created.id)).toEqual(created);
});

test('A token of Entra is accepted like a key', async () => {
  const entra = azure({ azureADTokenProvider: async () => 'entra-token' });
  const { model } = await entra.chat.completions.create({ model: 'our-chat', messages });
  expect(model).toBe('our-chat');
  expect(server().requests.at(-1)?.headers.authorization).toBe('Bearer entra-token');
});

test('A bad key is rejected in either header, and masked', async () => {
  const call = (bad: OpenAI) => bad.chat.completions.create({ model: 'gpt-4o', messages });
  const refused = {
    status: 401,
    code: 'invalid_api_key',
    message:
      '401 Incorrect API key provided: sk-bad-k****34X0. ' +
      'You can find your API key at https://platform.openai.com/account/api-keys.',
  };
  const apiKey = 'sk-bad-key1234X0';
  await expect(call(azure({ apiKey }))).rejects.toMatchObject(refused);
  await expect(call(azure({ azureADTokenProvider: async () => apiKey }))).rejects.toMatchObject(refused);
});

test('the plain client is served at the path without a version', async () => {
  const plain = new OpenAI({ baseURL: `${server().origin}/openai/v1`, apiKey: 'sk-local', maxRetries: 0 });
  const response = await plain.responses.create({ model: 'our-chat', input: 'Hi' }, playing('plain'));
  expect([lastPath(), response.output_text]).toEqual(['/openai/v1/responses', sentence]);
});

test('The deployment is the model if the body has none', async () => {
  const path = `/openai/deployments/gpt-4o/chat/completions?api-version=${apiVersion}`;
  const answer = await fetch(server().origin + path, {
    method: 'POST',
    headers: { 'api-key': 'azure-key', 'x-scenario': 'plain' },
    body: JSON.stringify({ messages }),
  });
  expect(await answer.json()).toMatchObject({
    model: 'gpt-4o',
    choices: [{ message: { content: sentence } }],
  });
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
});
