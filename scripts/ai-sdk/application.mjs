// An application whose agent uses Claude through the AI SDK, against a local server that answers as Anthropic does. Plays
// each situation and prints what was recorded of it as a line of JSON.
import http from 'node:http';
import { createAnthropic } from '@ai-sdk/anthropic';
import * as agents from '@openai/agents';
import { aisdk } from '@openai/agents-extensions/ai-sdk';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  MemorySink,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import { z } from 'zod';

const exporter = new InMemorySpanExporter();
const sink = new MemorySink();
const audit = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false });
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), audit] });
provider.register();
const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: true });
instrumentation.setTracerProvider(provider);
agents.setTraceProcessors([]);
instrumentation.manuallyInstrument({ agents });

const TOOL_CALL = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } };
const TEXT = { type: 'text', text: 'It rains.' };
const usage = (output_tokens) => ({ input_tokens: 21, output_tokens, cache_read_input_tokens: 3 });

/** The first answer asks for the tool, the second one is a text. */
function answerTo({ messages }) {
  const asked = messages.some(({ content }) => content.some?.(({ type }) => type === 'tool_result'));
  return asked
    ? { content: TEXT, stop_reason: 'end_turn', tokens: 5 }
    : { content: TOOL_CALL, stop_reason: 'tool_use', tokens: 9 };
}

const sent = [];
const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks));
  sent.push(request.url);
  if (body.max_tokens === 13) {
    response.writeHead(400, { 'content-type': 'application/json' });
    const error = { type: 'invalid_request_error', message: 'max_tokens is an unlucky number' };
    return response.end(JSON.stringify({ type: 'error', error }));
  }
  const { content, stop_reason, tokens } = answerTo(body);
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_sequence: null };
  if (!body.stream) {
    response.setHeader('content-type', 'application/json');
    return response.end(
      JSON.stringify({ ...message, content: [content], stop_reason, usage: usage(tokens) }),
    );
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const write = (type, data) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  write('message_start', { message: { ...message, content: [], stop_reason: null, usage: usage(1) } });
  const { input, text, ...block } = content;
  write('content_block_start', {
    index: 0,
    content_block: { ...block, ...(text === undefined ? { input: {} } : { text: '' }) },
  });
  const whole = text ?? JSON.stringify(input);
  for (const part of whole.match(/.{1,4}/gs)) {
    const delta =
      text === undefined
        ? { type: 'input_json_delta', partial_json: part }
        : { type: 'text_delta', text: part };
    write('content_block_delta', { index: 0, delta });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  write('content_block_stop', { index: 0 });
  write('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: tokens } });
  write('message_stop', {});
  return response.end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const model = aisdk(createAnthropic({ apiKey: 'x', baseURL })('claude-sonnet-4-5'));
const getWeather = agents.tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: () => 'rain',
});
const agent = (modelSettings) =>
  new agents.Agent({
    name: 'Forecaster',
    instructions: 'Be brief.',
    model,
    modelSettings,
    tools: [getWeather],
  });

const QUESTION = 'What is the weather?';

/** Reads until the text begins, which is in the second model call. */
async function readToText(result) {
  for await (const event of result) if (event.data?.type === 'output_text_delta') return;
}

const SITUATIONS = {
  async plain() {
    await agents.run(agent(), QUESTION);
  },
  async streamed() {
    const result = await agents.run(agent(), QUESTION, { stream: true });
    for await (const _event of result);
    await result.completed;
  },
  async left() {
    const result = await agents.run(agent(), QUESTION, { stream: true });
    await readToText(result);
    await result.completed;
  },
  async aborted() {
    const controller = new AbortController();
    const result = await agents.run(agent(), QUESTION, { stream: true, signal: controller.signal });
    await readToText(result);
    controller.abort();
    await result.completed;
  },
  async failed() {
    await agents.run(agent({ maxTokens: 13 }), QUESTION);
  },
};

const ATTRIBUTES = {
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  input: 'gen_ai.input.messages',
  instructions: 'gen_ai.system_instructions',
  output: 'gen_ai.output.messages',
  errorType: 'error.type',
  outcome: 'openai_agents.outcome',
};

function readSpan({ name, status, attributes }) {
  const found = Object.entries(ATTRIBUTES)
    .map(([member, attribute]) => [member, attributes[attribute]])
    .filter(([, value]) => value !== undefined)
    .map(([member, value]) => [member, String(value).startsWith('[') ? JSON.parse(value) : value]);
  return { name, failed: status.code === 2, ...Object.fromEntries(found) };
}

for (const [situation, play] of Object.entries(SITUATIONS)) {
  exporter.reset();
  sink.reset();
  sent.length = 0;
  const error = await play().then(
    () => undefined,
    (thrown) => thrown.message,
  );
  await audit.forceFlush();
  const ends = sink.events.filter(({ type }) => /_END$|_ERROR$/.test(type));
  const record = {
    situation,
    error,
    requests: sent.length,
    spans: exporter.getFinishedSpans().map(readSpan),
    ends: ends.map(({ type, status }) => `${type.slice(11)} ${status?.slice(13) ?? ''}`.trim()),
    tokens: ends.flatMap(({ llm_invocation }) => llm_invocation?.total_tokens ?? []),
    sessionTokens: ends.at(-1).metadata?.total_tokens,
    priced: ends.filter(({ cost }) => cost?.total_cost > 0).length,
  };
  process.stdout.write(`${JSON.stringify(record)}\n`);
}
server.closeAllConnections();
server.close();
