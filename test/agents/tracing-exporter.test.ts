import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
/** Requests of the SDK's own exporter. */
let received: { data: { object: string }[] }[] = [];
const backend = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    received.push(JSON.parse(body));
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  harness = await startHarness();
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  const { port } = backend.address() as AddressInfo;
  const exporter = new agents.OpenAITracingExporter({
    endpoint: `http://127.0.0.1:${port}/v1/traces/ingest`,
    apiKey: 'sk-local',
  });
  // As when the SDK sets its default exporter: all other processors are replaced, ours stays.
  agents.setTraceProcessors([new agents.BatchTraceProcessor(exporter)]);
});
afterEach(async () => {
  received = [];
  await harness.reset();
});
afterAll(async () => {
  backend.close();
  await harness.stop();
});

const TREE = [
  'invoke_workflow plain [INTERNAL]',
  '  invoke_agent plain [INTERNAL]',
  '    chat plain [CLIENT]',
  '      POST [CLIENT]',
];

it("The SDK's own exporter keeps sending, and its uploads are not recorded as spans", async () => {
  await agents.run(new agents.Agent({ name: 'plain', model: 'plain' }), 'Hello');
  await agents.getGlobalTraceProvider().forceFlush();
  expect(received.flatMap(({ data }) => data.map((item) => item.object))).toContain('trace.span');
  expect(spanTree(harness.allSpans())).toEqual(TREE);
});

it("The SDK's own exporter sends nothing with openaiTraceExport: 'off'", async () => {
  harness.instrumentation.setConfig({ openaiTraceExport: 'off' });
  try {
    await agents.run(new agents.Agent({ name: 'plain', model: 'plain' }), 'Hello');
    await agents.getGlobalTraceProvider().forceFlush();
  } finally {
    harness.instrumentation.setConfig({});
  }
  expect(received).toEqual([]);
  expect(spanTree(harness.allSpans())).toEqual(TREE);
});
