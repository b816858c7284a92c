import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/index.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import type { CompatibleServer, SentAnswer } from './answers.js';
import { COMPATIBLE_SERVERS } from './table.js';

let harness: Harness;
let sent: SentAnswer;
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => {
    body += data;
  });
  request.on('end', () => {
    if (JSON.parse(body).stream !== true) {
      response.setHeader('content-type', 'application/json');
      response.end(sent.plain === undefined ? '' : JSON.stringify(sent.plain));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of sent.stream) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end('data: [DONE]\n\n');
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  await harness.stop();
});

/** A client of the real address, whose requests go to the local server. */
function clientOf({ baseURL }: CompatibleServer): OpenAI {
  const { port } = server.address() as AddressInfo;
  return new OpenAI({
    apiKey: 'k',
    baseURL,
    maxRetries: 0,
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, init);
    },
  });
}

const messages = [{ role: 'user' as const, content: 'The capital of France?' }];

async function ask(client: OpenAI, streamed: boolean): Promise<unknown> {
  if (!streamed) return client.chat.completions.create({ model: 'asked', messages });
  const chunks: unknown[] = [];
  const stream = await client.chat.completions.create({ model: 'asked', messages, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function attributesOfCall() {
  const spans = harness.spans();
  expect(spans).toHaveLength(1);
  return spans[0];
}

function partsOf(attribute: unknown): string[] {
  const [message] = JSON.parse(String(attribute));
  return message.parts.map((part: Record<string, unknown>) =>
    part.type === 'tool_call'
      ? `tool_call: ${part.name}(${JSON.stringify(part.arguments)})`
      : `${part.type}: ${part.content}`,
  );
}

async function endEvent(): Promise<ChaukasEvent | undefined> {
  const events = await harness.events();
  return events.find(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
}

describe.each([
  ['plain', false],
  ['streamed', true],
] as const)('A %s answer', (_how, streamed) => {
  it.each(COMPATIBLE_SERVERS)('of $name is read as it is sent', async (row) => {
    sent = row.answer;
    const { expected } = row;
    const result = await ask(clientOf(row), streamed);
    // JSON drops members that are `undefined`, and the client adds `_request_id`.
    expect(JSON.parse(JSON.stringify(result))).toEqual(
      JSON.parse(JSON.stringify(streamed ? row.answer.stream : row.answer.plain)),
    );

    const span = attributesOfCall();
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    const { tokens } = expected;
    expect(span?.attributes).toMatchObject({
      'gen_ai.provider.name': row.provider,
      'gen_ai.response.model': expected.model,
      'gen_ai.response.id': expected.id,
      'gen_ai.response.finish_reasons': [expected.finish],
      'gen_ai.usage.input_tokens': tokens.input,
      'gen_ai.usage.output_tokens': tokens.output,
      'server.address': new URL(row.baseURL).hostname,
    });
    expect(span?.attributes['gen_ai.usage.cache_read.input_tokens']).toBe(tokens.cacheRead);
    expect(span?.attributes['gen_ai.usage.reasoning.output_tokens']).toBe(tokens.reasoning);
    expect(partsOf(span?.attributes['gen_ai.output.messages'])).toEqual(expected.output);

    const end = await endEvent();
    expect(end?.status).toBe('EVENT_STATUS_COMPLETED');
    expect(end?.llm_invocation).toMatchObject({
      provider: row.provider,
      model: expected.model,
      prompt_tokens: tokens.input,
      completion_tokens: tokens.output,
      finish_reason: expected.finish,
    });
    if (expected.cost !== undefined) {
      expect(end?.cost).toMatchObject({ total_cost: expected.cost, currency: 'USD' });
    }
  });

  it.each(COMPATIBLE_SERVERS)('of $name that is a failure with status 200 is a failed call', async (row) => {
    sent = row.failure;
    const asked = ask(clientOf(row), streamed);
    const thrown: unknown[] = [];
    const result = await asked.catch((error: unknown) => void thrown.push(error));
    // Up to 5.23 the client throws on an empty body.
    const isEmpty = !streamed && row.failure.plain === undefined;
    const mustThrow = streamed && row.failure.thrown === true;
    if (!isEmpty) expect(thrown).toHaveLength(mustThrow ? 1 : 0);
    if (thrown.length === 0) expect(result).toEqual(streamed ? row.failure.stream : row.failure.plain);

    const otherTypes = isEmpty
      ? '|SyntaxError'
      : streamed && row.failure.type === '_OTHER'
        ? '|APIError'
        : '';
    const type = expect.stringMatching(new RegExp(`^(${row.failure.type}${otherTypes})$`));
    const span = attributesOfCall();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes['error.type']).toEqual(type);
    expect((await endEvent())?.status).toBe('EVENT_STATUS_FAILED');
    const [error] = (await harness.events()).filter((event) => event.type === 'EVENT_TYPE_ERROR');
    expect(error?.error?.error_code).toEqual(type);
  });
});

it('docs/providers.md has the rows of this table', () => {
  const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| (?!server)[^|]+ \| `[a-z_.]+` \|/.test(line));
  expect(rows).toEqual(
    COMPATIBLE_SERVERS.map(
      ({ name, provider, particular }) => `| ${name} | \`${provider}\` | ${particular} |`,
    ),
  );
});
