// Jest gets the CommonJS build of the entry ./testing.
const agents = require('@openai/agents');
const openai = require('openai');
const { recordTelemetry, startModelServer } = require('opentelemetry-instrumentation-openai-agents/testing');

agents.setTraceProcessors([]);
const telemetry = recordTelemetry({ openai, agents });
beforeEach(() => telemetry.reset());
afterAll(() => telemetry.stop());

test('a run is recorded as trees of spans and events', async () => {
  await agents.run(new agents.Agent({ name: 'greeter', model: 'plain' }), 'Hello');
  expect(telemetry.spanTree()).toEqual([
    'invoke_workflow greeter [INTERNAL]',
    '  invoke_agent greeter [INTERNAL]',
    '    chat plain [CLIENT]',
  ]);
  expect(await telemetry.eventLines()).toContain('    MODEL_INVOCATION_END');
});

test('the model server answers', async () => {
  const server = await startModelServer({ scenarios: [{ id: 'hi', steps: [{ reply: { text: 'Hi!' } }] }] });
  const client = new openai.OpenAI({ baseURL: server.url, apiKey: 'sk-local' });
  expect((await client.responses.create({ model: 'hi', input: 'x' })).output_text).toBe('Hi!');
  expect(telemetry.spanTree()).toEqual(['chat hi [CLIENT]']);
  await server.close();
});

test('modules that were not passed are asked for, since Jest has no hooks', async () => {
  await telemetry.stop();
  expect(() => recordTelemetry()).toThrow('pass them: recordTelemetry({ openai, agents })');
});
