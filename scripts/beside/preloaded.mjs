/** The records of a program whose instrumentations are preloaded: spans as a collector gets them, and an event file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';

const OURS = 'opentelemetry-instrumentation-openai-agents';
const WARNING = /records calls that this package records/;

/**
 * @param {string} nodeOptions
 * @param {(env: Record<string, string>) => Promise<{ stdout: string, stderr: string }>} start
 * @returns the record that the other programs print themselves.
 */
export async function playPreloaded(nodeOptions, start) {
  const folder = mkdtempSync(path.join(tmpdir(), 'beside-'));
  const events = path.join(folder, 'events.jsonl');
  const spans = [];
  const collector = createServer(async (request, response) => {
    const { resourceSpans } = await json(request);
    for (const { scopeSpans } of resourceSpans)
      for (const { scope, spans: exported } of scopeSpans)
        spans.push(...exported.map((span) => ({ scope: scope.name, ...attributesOf(span) })));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise((resolve) => collector.listen(0, '127.0.0.1', resolve));
  try {
    const { stdout, stderr } = await start({
      NODE_OPTIONS: nodeOptions,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      // The detectors for clouds wait for answers from the network.
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
      CHAUKAS_OUTPUT_FILE: events,
    });
    return summarize(spans, readEvents(events), WARNING.test(stdout + stderr));
  } finally {
    collector.closeAllConnections();
    collector.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function attributesOf({ attributes = [] }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function readEvents(file) {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function summarize(spans, events, warned) {
  const chats = spans.filter((span) => span['gen_ai.operation.name'] === 'chat');
  const own = chats.filter(({ scope }) => scope === OURS);
  const ends = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
  return {
    chats: own.length,
    chatTokens: sum(own.map((span) => Number(span['gen_ai.usage.input_tokens'] ?? 0))),
    foreign: chats.length - own.length,
    invocations: ends.length,
    tokens: sum(ends.map(({ llm_invocation: { total_tokens = 0 } }) => total_tokens)),
    starts: events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_START').length,
    warned,
    errors: 0,
  };
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
