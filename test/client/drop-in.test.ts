import * as sdk from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import DefaultOpenAI, * as dropIn from '../../src/openai.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

const body = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hello' }] };
const options = () => ({ apiKey: 'sk-local', baseURL: harness.server.url });
const names = () => harness.spans().map((span) => span.name);

describe('The entry ./openai', () => {
  it('exports the same names as `openai`', () => {
    expect(Object.keys(dropIn).sort()).toEqual(Object.keys(sdk).sort());
    expect(DefaultOpenAI).toBe(dropIn.OpenAI);
    expect(dropIn.APIError).toBe(sdk.APIError);
    expect(dropIn.OpenAI.APIError).toBe(sdk.OpenAI.APIError);
  });

  it('has classes that look the same to the application and the API', async () => {
    const client = new dropIn.OpenAI(options());
    expect(client).toBeInstanceOf(sdk.OpenAI);
    await client.models.list();
    await new sdk.OpenAI(options()).models.list();
    const [ours, theirs] = harness.server.requests.slice(-2);
    expect(ours?.headers['user-agent']).toBe(theirs?.headers['user-agent']);
  });

  it('records no call twice together with the instrumentation', async () => {
    await new dropIn.OpenAI(options()).chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });

  it('records its clients and their copies without the instrumentation, and no other client', async () => {
    harness.instrumentation.disable();
    try {
      const client = new dropIn.OpenAI(options());
      await client.chat.completions.create(body);
      await client.withOptions({ timeout: 5000 }).responses.create({ model: 'echo', input: 'Hello' });
      await new sdk.OpenAI(options()).chat.completions.create(body);
      expect(names()).toEqual(['chat plain', 'chat echo']);
    } finally {
      harness.instrumentation.enable();
    }
  });
});
