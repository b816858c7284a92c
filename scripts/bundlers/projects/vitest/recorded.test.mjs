import * as agents from '@openai/agents';
import * as openai from 'openai';
import { recordTelemetry } from 'opentelemetry-instrumentation-openai-agents/testing';
import { afterAll, expect, test } from 'vitest';

agents.setTraceProcessors([]);
const telemetry = recordTelemetry({ openai, agents });
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
