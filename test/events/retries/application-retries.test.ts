/**
 * Retries that the application makes itself. The program behind it is the retry example of the event document, with the
 * client's own retries switched off: `RETRIES=0 APP_ATTEMPTS=3 node --import ./telemetry.mjs seed-retry.mjs`.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as agents from '@openai/agents';
import * as openai from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  MemorySink,
  withSession,
} from '../../../src/index.js';
import { streamViolations } from '../../harness/check-stream.js';
import { withoutStreamSession } from '../../harness/stream-session.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';

/** The answer to a request: a status, a broken connection, or a tool that the model asks for. */
type Answer = number | 'cut' | { readonly tool: string };

let answers: Answer[] = [];
let requests = 0;
let server: Server;
let client: openai.OpenAI;
let harness: Harness;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const answer = answers.shift() ?? 200;
      if (answer === 'cut') return request.socket.destroy();
      const status = typeof answer === 'number' ? answer : 200;
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '5' });
      const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string };
      const body =
        status === 200 ? answerTo(request.url, model, answer) : { error: { message: 'no', code: null } };
      response.end(JSON.stringify(body));
    });
  });
  // The client's connections outlive a pause of a busy machine.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  harness = await startHarness();
  client = clientWith(0);
  agents.setDefaultOpenAIClient(client);
});
beforeEach(() => {
  answers = [];
  requests = 0;
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await harness.stop();
});

function clientWith(maxRetries: number): openai.OpenAI {
  const { port } = server.address() as AddressInfo;
  return new openai.OpenAI({ apiKey: 'sk-local', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries });
}

function answerTo(url: string | undefined, model: string, answer: Answer): object {
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  if (url?.endsWith('/embeddings')) return { object: 'list', model, data: [], usage: { prompt_tokens: 1 } };
  if (url?.endsWith('/chat/completions')) {
    const message = { role: 'assistant', content: 'hi' };
    return {
      id: 'c',
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    };
  }
  const output =
    typeof answer === 'object'
      ? {
          type: 'function_call',
          id: 'f',
          call_id: 'c',
          name: answer.tool,
          arguments: '{}',
          status: 'completed',
        }
      : {
          type: 'message',
          id: 'm',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'hi', annotations: [] }],
        };
  return { id: 'r', object: 'response', created_at: 1, status: 'completed', model, output: [output], usage };
}

const ask = (input: string, model = 'gpt-5', by = client) => by.responses.create({ model, input });
const agent = (name: string, options: object = {}) => new agents.Agent({ name, model: 'gpt-5', ...options });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls until a call succeeds. */
async function loop(attempts: number, call: () => Promise<unknown>, wait = 0): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await call();
      return;
    } catch {
      await pause(wait);
    }
  }
}

/** A tool that asks a model, again after a failure. */
const asking = (attempts: number) =>
  agents.tool({
    name: 'work',
    description: 'w',
    parameters: z.object({}),
    execute: () => loop(attempts, () => ask('inner', 'gpt-inner')),
  });

const inSession = (work: () => Promise<void>) => withSession({ id: 's' }, work);
const inTrace = (work: () => Promise<void>) =>
  harness.provider.getTracer('app').startActiveSpan('request', async (span) => {
    await work();
    span.end();
  });

function retryLines(events: readonly ChaukasEvent[]): string[] {
  return events
    .filter(({ type }) => type === 'EVENT_TYPE_RETRY')
    .map(({ retry, metadata = {} }) => {
      const { agent: name, model, reason, http_status, detected = 'client' } = metadata;
      const subject = name ?? model;
      return [detected, subject, `attempt ${retry?.attempt}`, reason, http_status]
        .filter((part) => part !== undefined)
        .join(' ');
    });
}

const retries = async () => retryLines(await harness.events());

describe('A RETRY event', () => {
  it.each<[what: string, given: Answer[], act: () => Promise<unknown>, expected: string[]]>([
    // The seed's loop, with and without something that joins the attempts.
    [
      'an agent in a session',
      [429],
      () => inSession(() => loop(3, () => agents.run(agent('A'), 'q'))),
      ['application A attempt 1 rate_limit 429'],
    ],
    [
      'an agent in a trace',
      [429],
      () => inTrace(() => loop(3, () => agents.run(agent('A'), 'q'))),
      ['application A attempt 1 rate_limit 429'],
    ],
    [
      'an agent in one flow',
      [429],
      () => loop(3, () => agents.run(agent('A'), 'q')),
      ['application A attempt 1 rate_limit 429'],
    ],
    [
      'an agent in a withTrace',
      [429],
      () => agents.withTrace('w', () => loop(3, () => agents.run(agent('A'), 'q'))),
      ['application A attempt 1 rate_limit 429'],
    ],
    [
      'a model in a session',
      [503],
      () => inSession(() => loop(3, () => ask('q'))),
      ['application gpt-5 attempt 1 server_error 503'],
    ],
    [
      'a model in a trace',
      [503],
      () => inTrace(() => loop(3, () => ask('q'))),
      ['application gpt-5 attempt 1 server_error 503'],
    ],
    [
      'a model in one flow',
      [503],
      () => loop(3, () => ask('q')),
      ['application gpt-5 attempt 1 server_error 503'],
    ],
    [
      'an agent that is streamed',
      [429],
      () => loop(2, async () => (await agents.run(agent('A'), 'q', { stream: true })).completed),
      ['application A attempt 1 rate_limit 429'],
    ],
    // Each attempt counts, until one succeeds.
    [
      'every attempt',
      [429, 500, 409],
      () => loop(5, () => ask('q')),
      [
        'application gpt-5 attempt 1 rate_limit 429',
        'application gpt-5 attempt 2 server_error 500',
        'application gpt-5 attempt 3 conflict 409',
      ],
    ],
    [
      'a failure after a success',
      [429, 200, 408],
      async () => {
        await loop(2, () => ask('q'));
        await loop(2, () => ask('q'));
      },
      ['application gpt-5 attempt 1 rate_limit 429', 'application gpt-5 attempt 1 timeout 408'],
    ],
    // Each failure that may pass.
    [
      'a broken connection',
      ['cut'],
      () => loop(2, () => ask('q')),
      ['application gpt-5 attempt 1 connection'],
    ],
    ['a timeout', [408], () => loop(2, () => ask('q')), ['application gpt-5 attempt 1 timeout 408']],
    // Each API.
    [
      'a chat completion',
      [429],
      () =>
        loop(2, () =>
          client.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'q' }] }),
        ),
      ['application gpt-5 attempt 1 rate_limit 429'],
    ],
    [
      'embeddings',
      [429],
      () => loop(2, () => client.embeddings.create({ model: 'e', input: 'q' })),
      ['application e attempt 1 rate_limit 429'],
    ],
    // The agent that failed is another than the one that was called.
    [
      'an agent after a handoff',
      [{ tool: 'transfer_to_B' }, 429],
      () => {
        const first = agent('A', { handoffs: [agent('B')] });
        return loop(2, () => agents.run(first, 'q'));
      },
      ['application A attempt 1 rate_limit 429'],
    ],
    [
      'a model call in a tool',
      [{ tool: 'work' }, 429],
      () => agents.run(agent('A', { tools: [asking(2)] }), 'q'),
      ['application gpt-inner attempt 1 rate_limit 429'],
    ],
    // After the client's own retries, the application's is one more.
    [
      'a call that the client retried',
      [429, 429],
      () => {
        const by = clientWith(1);
        return loop(2, () => ask('q', 'gpt-5', by));
      },
      ['client attempt 1 429', 'application gpt-5 attempt 1 rate_limit 429'],
    ],
  ])('is made for %s', async (_what, given, act, expected) => {
    answers = [...given];
    await act();
    expect(await retries()).toEqual(expected);
  });

  it.each<[what: string, given: Answer[], act: () => Promise<unknown>, expected?: string[]]>([
    [
      'another input',
      [429],
      async () => {
        await loop(1, () => ask('q'));
        await ask('r');
      },
    ],
    [
      'another model',
      [429],
      async () => {
        await loop(1, () => ask('q'));
        await ask('q', 'gpt-5-mini');
      },
    ],
    [
      'another agent',
      [429],
      async () => {
        await loop(1, () => agents.run(agent('A'), 'q'));
        await agents.run(agent('B'), 'q');
      },
    ],
    [
      'another operation',
      [429],
      async () => {
        await loop(1, () => client.embeddings.create({ model: 'gpt-5', input: 'q' }));
        await ask('q');
      },
    ],
    [
      'other instructions',
      [429],
      async () => {
        await loop(1, () => client.responses.create({ model: 'gpt-5', input: 'q', instructions: 'a' }));
        await client.responses.create({ model: 'gpt-5', input: 'q', instructions: 'b' });
      },
    ],
    [
      'another session',
      [429],
      async () => {
        await withSession({ id: 's1' }, () => loop(1, () => ask('q')));
        await withSession({ id: 's2' }, () => ask('q'));
      },
    ],
    [
      'another trace',
      [429],
      async () => {
        await inTrace(() => loop(1, () => ask('q')));
        await inTrace(() => loop(1, () => ask('q')));
      },
    ],
    [
      'another flow',
      [429],
      async () => {
        const first = Promise.resolve().then(() => loop(1, () => ask('q')));
        const second = Promise.resolve()
          .then(() => first)
          .then(() => ask('q'));
        await second;
      },
    ],
    ['a failure that stays', [400, 401, 404, 422], () => loop(5, () => ask('q'))],
    [
      'a success',
      [],
      async () => {
        await ask('q');
        await ask('q');
      },
    ],
    [
      'a call that was already under way',
      [429],
      () =>
        inSession(async () => {
          await Promise.allSettled([ask('q'), ask('q')]);
        }),
    ],
    [
      'a call that its caller aborted',
      [],
      async () => {
        const abort = new AbortController();
        abort.abort();
        await loop(1, () =>
          client.responses.create({ model: 'gpt-5', input: 'q' }, { signal: abort.signal }),
        );
        await ask('q');
      },
    ],
    ['a retry by the client', [429], () => ask('q', 'gpt-5', clientWith(1)), ['client attempt 1 429']],
    [
      'a retry by the Agents SDK',
      [429],
      () =>
        agents.run(
          agent('A', {
            modelSettings: { retry: { maxRetries: 1, backoff: { initialDelayMs: 1 }, policy: () => true } },
          }),
          'q',
        ),
      ['client attempt 1 429'],
    ],
    [
      'a model that calls a tool again',
      [{ tool: 'work' }, 429, { tool: 'work' }],
      () => agents.run(agent('A', { tools: [asking(1)] }), 'q'),
    ],
  ])('is not made by the application after %s', async (_what, given, act, expected = []) => {
    answers = [...given];
    await act();
    expect(requests).toBeGreaterThan(0);
    expect(await retries()).toEqual(expected);
  });

  it('says what is known, and stands in the call that is the retry', async () => {
    answers = [429];
    await inSession(() => loop(2, () => agents.run(agent('A'), 'q'), 30));
    const events = await harness.events();
    const retry = events.find(({ type }) => type === 'EVENT_TYPE_RETRY');
    expect(retry).toMatchObject({
      author: 'AUTHOR_SYSTEM',
      severity: 'SEVERITY_WARN',
      status: 'EVENT_STATUS_IN_PROGRESS',
      session_id: 's',
      agent_name: 'A',
    });
    expect(retry?.retry).toEqual({ attempt: 1, backoff_ms: expect.any(Number) });
    expect(retry?.retry?.backoff_ms).toBeGreaterThanOrEqual(25);
    expect(retry?.retry?.backoff_ms).toBeLessThan(5_000);
    expect(retry?.metadata).toEqual({
      agent: 'A',
      detected: 'application',
      error_code: 'RateLimitError',
      http_status: 429,
      model: 'gpt-5',
      reason: 'rate_limit',
    });
    const starts = events
      .filter(({ type }) => type === 'EVENT_TYPE_AGENT_START')
      .map((event) => event.span_id);
    expect(starts.indexOf(retry?.span_id ?? '')).toBe(1);
  });
});

describe('Option retryDetection', () => {
  /** The events of another processor, which sees the same calls. */
  async function eventsWith(
    config: Partial<ChaukasSpanProcessorConfig>,
    act: () => Promise<unknown>,
  ): Promise<readonly ChaukasEvent[]> {
    const sink = new MemorySink();
    const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false, ...config });
    const { provider } = await registerTracerProvider([processor]);
    harness.instrumentation.setTracerProvider(provider);
    try {
      await act();
      await processor.forceFlush();
      return withoutStreamSession(sink.events);
    } finally {
      harness.instrumentation.setTracerProvider(harness.provider);
      await provider.shutdown();
      expect(streamViolations(withoutStreamSession(sink.events))).toEqual([]);
    }
  }

  it.each<
    [
      what: string,
      config: Partial<ChaukasSpanProcessorConfig>,
      given: Answer[],
      wait: number,
      expected: string[],
    ]
  >([
    ['switches the detection off', { retryDetection: false }, [429], 0, []],
    ['switches it on', { retryDetection: true }, [429], 0, ['application gpt-5 attempt 1 rate_limit 429']],
    ['ends the window', { retryDetection: { windowMillis: 20 } }, [429], 60, []],
    [
      'ends a series with its last attempt',
      { retryDetection: { maxAttempts: 2 } },
      [429, 429, 429],
      0,
      ['application gpt-5 attempt 1 rate_limit 429', 'application gpt-5 attempt 1 rate_limit 429'],
    ],
    [
      'finds none without content, since the input is not known',
      { captureMessageContent: false },
      [429],
      0,
      [],
    ],
  ])('%s', async (_what, config, given, wait, expected) => {
    answers = [...given];
    const events = await eventsWith(config, () => loop(4, () => ask('q'), wait));
    expect(retryLines(events)).toEqual(expected);
  });

  it('reports the policy that the application states', async () => {
    answers = [429];
    const retryDetection = { maxAttempts: 3, strategy: 'fixed', baseDelayMillis: 500 };
    const events = await eventsWith({ retryDetection }, () => loop(3, () => ask('q')));
    const event = events.find(({ type }) => type === 'EVENT_TYPE_RETRY');
    expect(event?.retry).toMatchObject({ attempt: 1, strategy: 'fixed' });
    expect(event?.metadata).toMatchObject({ max_attempts: 3, base_delay_ms: 500 });
  });

  it('is bounded: the failures of many calls are forgotten, the oldest first', async () => {
    const calls = 1_050;
    let refuses = true;
    const by = new openai.OpenAI({
      apiKey: 'sk-local',
      maxRetries: 0,
      fetch: async () =>
        refuses ? Response.json({}, { status: 429 }) : Response.json(answerTo('/responses', 'gpt-5', 200)),
    });
    const events = await eventsWith({}, () =>
      inSession(async () => {
        for (let call = 0; call < calls; call += 1) await ask(`q${call}`, 'gpt-5', by).catch(() => {});
        refuses = false;
        await ask('q0', 'gpt-5', by);
        await ask(`q${calls - 1}`, 'gpt-5', by);
      }),
    );
    expect(retryLines(events)).toEqual(['application gpt-5 attempt 1 rate_limit 429']);
  }, 60_000);
});

describe("The client's own RETRY", () => {
  it("has the client's strategy and limit", async () => {
    answers = [429];
    await ask('q', 'gpt-5', clientWith(2));
    const event = (await harness.events()).find(({ type }) => type === 'EVENT_TYPE_RETRY');
    expect(event?.retry).toMatchObject({ attempt: 1, strategy: 'exponential' });
    expect(event?.metadata).toMatchObject({ max_attempts: 3, http_status: 429 });
  });
});
