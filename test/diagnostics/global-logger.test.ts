/** Log records reach the provider that is registered globally, whichever copy of the logs API registered it, and when. */
import * as openai from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../../examples/model-server/server.js';
import { OpenAIAgentsInstrumentation, traceOpenAI } from '../../src/index.js';
import { logsApiOfSdk, makeLoggerProvider } from '../harness/logger-provider.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

it('reach a provider that the copy of the SDK registers after the instrumentation started', async () => {
  const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: 'EVENT_ONLY' });
  instrumentation.manuallyInstrument({ openai });
  const options = { apiKey: 'sk-local', baseURL: server.url };
  const ask = async (client: openai.OpenAI) => {
    await client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'Hi' }] });
  };
  const api = logsApiOfSdk();
  const logs = makeLoggerProvider();
  const { provider } = await registerTracerProvider([]);
  try {
    await ask(new openai.OpenAI(options));
    api.setGlobalLoggerProvider(logs.provider);
    await ask(new openai.OpenAI(options));
    instrumentation.disable();
    await ask(traceOpenAI(new openai.OpenAI(options), { captureMessageContent: 'EVENT_ONLY' }));
    expect(logs.records().map(({ eventName }) => eventName)).toEqual([
      'gen_ai.client.inference.operation.details',
      'gen_ai.client.inference.operation.details',
    ]);
  } finally {
    api.disable();
    instrumentation.disable();
    await provider.shutdown();
  }
});
