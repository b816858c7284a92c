import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, type RunningPlatform, SHOPPER, startPlatform } from './running-platform.js';
import { chunk, startUpstream } from './upstream.js';

let platform: RunningPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

describe('POST /chat', () => {
  it('answers with the reply, the tokens and the ids of the request', async () => {
    const { status, headers, body } = await platform.post('/chat', { message: 'Hello' });
    expect(status).toBe(200);
    expect(body).toEqual({
      reply: expect.stringContaining('I help with purchases.'),
      refusal: null,
      truncated: false,
      conversation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model: 'gpt-5-mini',
      usage: { input_tokens: 248, output_tokens: 26, total_tokens: 274 },
      cached: false,
      function_calls: [],
      trace_id: null,
      request_id: headers.get('x-request-id'),
    });
    expect(headers.get('x-cache')).toBe('miss');
    expect(headers.get('ratelimit')).toContain('"requests"');
  });

  it('calls functions, in parallel and one after the other, and adds up the tokens', async () => {
    const { body } = await platform.post('/chat', { message: 'Can c-100 afford headphones?' });
    expect(
      body.function_calls.map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome]),
    ).toEqual([
      ['get_spending', 'success'],
      ['search_products', 'success'],
      ['validate_transaction', 'success'],
    ]);
    expect(body.reply).toBe('The rules say: {"decision":"approve","violations":[]}');
    expect(body.usage).toEqual({ input_tokens: 1142, output_tokens: 116, total_tokens: 1258 });
  });

  it('sends the functions in the legacy form, and the results with it', async () => {
    const before = platform.modelRequests().length;
    const { body } = await platform.post('/chat', {
      message: 'What has c-100 spent?',
      legacy_functions: true,
    });
    expect(body.reply).toContain('"total":431.7');
    const [first, second] = platform
      .modelRequests()
      .slice(before)
      .map((request) => request.body) as unknown as [
      Record<string, unknown>,
      { messages: { role: string }[] },
    ];
    expect(first).toMatchObject({ functions: expect.any(Array), function_call: 'auto' });
    expect(first).not.toHaveProperty('tools');
    expect(second.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'function']);
  });

  it('forces a function in the first round only', async () => {
    const before = platform.modelRequests().length;
    await platform.post('/chat', {
      message: 'What has c-100 spent?',
      function_call: { name: 'get_spending' },
    });
    const choices = platform
      .modelRequests()
      .slice(before)
      .map((request) => (request.body as { tool_choice: unknown }).tool_choice);
    expect(choices).toEqual([{ type: 'function', function: { name: 'get_spending' } }, 'auto']);
  });

  it('offers no function with function_call none', async () => {
    const { body } = await platform.post('/chat', {
      message: 'What has c-100 spent?',
      function_call: 'none',
    });
    expect(body.function_calls).toEqual([]);
    expect(platform.modelRequests().at(-1)?.body).not.toHaveProperty('tools');
  });

  it('offers a principal only its functions', async () => {
    const { body } = await platform.post('/chat', { message: 'What has c-100 spent?' }, SHOPPER);
    expect(body.function_calls).toEqual([]);
    const { body: functions } = await platform.get('/functions', SHOPPER);
    expect(functions.functions.map(({ name }: { name: string }) => name)).toEqual([
      'validate_transaction',
      'search_products',
    ]);
  });

  it('lets the model correct arguments that were refused', async () => {
    const { body } = await platform.post('/chat', { message: 'Break the arguments' });
    expect(body.function_calls.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'invalid',
      'success',
    ]);
    expect(body.reply).toContain('The second attempt worked');
  });

  it('ends a model that calls forever after five rounds', async () => {
    const { body } = await platform.post('/chat', { message: 'Call forever' });
    expect([body.function_calls.length, body.reply]).toEqual([5, 'I stop calling now.']);
  });

  it('remembers the conversation, and shows and deletes it', async () => {
    const first = await platform.post('/chat', { message: 'What has c-100 spent?' });
    const conversation_id = first.body.conversation_id;
    await platform.post('/chat', { message: 'Thank you', conversation_id });
    const last = platform.modelRequests().at(-1)?.body as { messages: { role: string }[] };
    const roles = ['system', 'user', 'assistant', 'tool', 'assistant', 'user'];
    expect(last.messages.map(({ role }) => role)).toEqual(roles);

    const path = `/conversations/${conversation_id}`;
    const shown = await platform.get(path);
    expect(shown.body.messages.map(({ role }: { role: string }) => role)).toEqual([...roles, 'assistant']);
    expect(shown.body.messages[2].function_calls).toEqual([
      { name: 'get_spending', arguments: '{"customer_id":"c-100"}' },
    ]);
    expect(shown.body.token_count).toBeGreaterThan(50);

    expect((await platform.get(path, SHOPPER)).status).toBe(404);
    const after = new Date(Date.now() + 1_000).toISOString();
    const cleared = await platform.send('DELETE', `${path}?before=${after}`);
    expect(cleared.body).toMatchObject({ dropped: 6 });
    expect((await platform.send('DELETE', path)).status).toBe(204);
    expect((await platform.get(path)).body.code).toBe('conversation_not_found');
    expect((await platform.send('DELETE', path)).status).toBe(404);
  });

  it('says so if the answer ended at the token limit, or if the model refused', async () => {
    expect((await platform.post('/chat', { message: 'Tell me everything' })).body).toMatchObject({
      truncated: true,
    });
    expect((await platform.post('/chat', { message: 'Do something forbidden' })).body).toMatchObject({
      reply: '',
      refusal: 'I cannot help with that.',
    });
  });

  it('sends the configured parameters, and those of the request instead', async () => {
    const own = await startPlatform({
      OPENAI_TEMPERATURE: '0.3',
      OPENAI_TOP_P: '0.9',
      OPENAI_MAX_TOKENS: '99',
    });
    await own.post('/chat', { message: 'Hello', model: 'gpt-5' });
    await own.post('/chat', { message: 'Hello', temperature: 1 });
    const [first, second] = own.modelRequests().map(({ body }) => body);
    expect(first).toMatchObject({ model: 'gpt-5', temperature: 0.3, top_p: 0.9, max_completion_tokens: 99 });
    expect(first).not.toHaveProperty('presence_penalty');
    expect(second).toMatchObject({ model: 'gpt-5-mini', temperature: 1 });
    await own.close();
  });
});

describe('A client that leaves before its answer', () => {
  it('stops the request to the model, which is not made again', async () => {
    const upstream = await startUpstream(() => {});
    const own = await startPlatform(upstream.variables);
    const left = new AbortController();
    const answer = fetch(`${own.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ANALYST}`, 'content-type': 'application/json' },
      body: '{"message": "Hello"}',
      signal: left.signal,
    });
    await expect.poll(() => upstream.requests()).toBe(1);
    left.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expect.poll(() => upstream.abandoned()).toBe(1);
    await own.close();
    expect(upstream.requests()).toBe(1);
    expect(own.observations).toEqual([]);
    await upstream.close();
  });
});

describe('A deterministic request', () => {
  it('is answered from the cache the second time', async () => {
    const own = await startPlatform();
    const body = { message: 'What has c-100 spent?', temperature: 0 };
    const first = await own.post('/chat', body);
    const sent = own.modelRequests().length;
    const second = await own.post('/chat', body);
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['miss', 'hit']);
    expect(second.body).toMatchObject({
      reply: first.body.reply,
      cached: true,
      usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    });
    expect(own.modelRequests()).toHaveLength(sent);
    expect(own.observations.filter((line) => line.startsWith('cache'))).toEqual([
      'cache miss gpt-5-mini',
      'cache miss gpt-5-mini',
      'cache hit gpt-5-mini',
      'cache hit gpt-5-mini',
    ]);
    await own.close();
  });

  it('is sent again if another seed, no cache or an incomplete answer is the reason', async () => {
    const own = await startPlatform();
    for (const seed of [1, 2]) await own.post('/chat', { message: 'Hello', seed });
    for (const _ of [1, 2]) await own.post('/chat', { message: 'Tell me everything', temperature: 0 });
    for (const _ of [1, 2]) await own.post('/chat', { message: 'Hello' });
    expect(own.modelRequests()).toHaveLength(6);
    await own.close();

    const uncached = await startPlatform({ CACHE_ENTRIES: '0' });
    for (const _ of [1, 2]) await uncached.post('/chat', { message: 'Hello', temperature: 0 });
    expect(uncached.modelRequests()).toHaveLength(2);
    await uncached.close();
  });
});

describe('A long conversation', () => {
  it('is compressed by the model, and keeps its latest turns', async () => {
    const own = await startPlatform({ COMPRESS_TOKENS: '250' });
    let conversation_id: string | undefined;
    for (const message of ['First. '.repeat(60), 'Second. '.repeat(60), 'Third.']) {
      const { body } = await own.post('/chat', { message, conversation_id });
      conversation_id = body.conversation_id;
    }
    const { body } = await own.get(`/conversations/${conversation_id}`);
    expect(
      body.messages.map(({ role, content }: { role: string; content: string }) => [
        role,
        content.slice(0, 40),
      ]),
    ).toEqual([
      ['system', expect.stringContaining('You are a purchase assistant')],
      ['system', 'Summary of the conversation so far: They'],
      ['user', expect.stringContaining('Second.')],
      ['assistant', expect.stringContaining('I help')],
      ['user', 'Third.'],
      ['assistant', expect.stringContaining('I help')],
    ]);
    await own.close();
  });

  it('is trimmed to the limit', async () => {
    const own = await startPlatform({ CONTEXT_TOKENS: '250' });
    const first = await own.post('/chat', { message: 'First. '.repeat(60) });
    const conversation_id = first.body.conversation_id;
    await own.post('/chat', { message: 'Second. '.repeat(60), conversation_id });
    const sent = own.modelRequests().at(-1)?.body as { messages: { role: string }[] };
    expect(sent.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    await own.close();
  });
});

describe('GET /stream', () => {
  it('sends text and calls of functions in the order in which they happen', async () => {
    const events = await platform.stream({ message: 'Can c-100 afford headphones?' });
    const kinds = events.map(({ event }) => event);
    expect(kinds.filter((kind, index) => kind !== 'delta' || kinds[index - 1] !== 'delta')).toEqual([
      'function_call',
      'function_call',
      'function_result',
      'function_result',
      'function_call',
      'function_result',
      'delta',
      'complete',
    ]);
    const last = events.at(-1)?.data;
    const text = events.flatMap(({ event, data }) => (event === 'delta' ? data.text : [])).join('');
    expect(text).toBe(last.reply);
    expect(kinds.filter((kind) => kind === 'delta').length).toBeGreaterThan(3);
    expect(last).toMatchObject({ usage: { total_tokens: 1258 }, function_calls: [{}, {}, {}] });
    const calls = events.filter(({ event }) => event === 'function_call');
    const results = events.filter(({ event }) => event === 'function_result');
    expect(results.map(({ data }) => data.id)).toEqual(calls.map(({ data }) => data.id));
    expect(results.map(({ data }) => data.outcome)).toEqual(['success', 'success', 'success']);
  });

  it('continues a conversation', async () => {
    const [first] = (await platform.stream({ message: 'Find a kettle' })).slice(-1);
    const conversation_id = first?.data.conversation_id;
    await platform.stream({ message: 'Thank you', conversation_id });
    const { body } = await platform.get(`/conversations/${conversation_id}`);
    expect(body.messages.filter(({ role }: { role: string }) => role === 'user')).toHaveLength(2);
  });

  it('is what POST /chat answers with stream: true', async () => {
    const { headers, body } = await platform.post('/chat', {
      message: 'Hello',
      stream: true,
      legacy_functions: true,
    });
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(body).toMatch(/^event: delta\ndata: \{"text":"I/);
    expect(body).toContain('event: complete\n');
  });

  it('serves 200 clients at the same time', async () => {
    const streams = await Promise.all(
      Array.from({ length: 200 }, () => platform.stream({ message: 'Find a kettle' })),
    );
    expect(new Set(streams.map((events) => events.at(-1)?.event))).toEqual(new Set(['complete']));
    expect(new Set(streams.map((events) => events.at(-1)?.data.conversation_id)).size).toBe(200);
    expect(new Set(streams.map((events) => events.at(-1)?.data.reply)).size).toBe(1);
  });

  it('stops the request to the model when the client leaves', async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(chunk({ content: 'word ' })), 20);
      response.on('close', () => clearInterval(timer));
    });
    const own = await startPlatform(upstream.variables);
    let deltas = 0;
    await own.stream({ message: 'Hello' }, () => {
      deltas += 1;
      return deltas < 3;
    });
    await expect.poll(() => upstream.abandoned()).toBe(1);
    expect(upstream.requests()).toBe(1);
    await own.close();
    await upstream.close();
  });

  it('reads the model no faster than the client reads', async () => {
    let written = 0;
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = chunk({ content: 'x'.repeat(16_384) });
      const write = () => {
        written += text.length;
        if (!response.destroyed) response.write(text, write);
      };
      write();
    });
    const own = await startPlatform(upstream.variables);
    const left = new AbortController();
    const response = await fetch(`${own.url}/stream?message=Hello`, {
      headers: { authorization: `Bearer ${ANALYST}` },
      signal: left.signal,
    });
    expect(response.status).toBe(200);
    let before = -1;
    // The client does not read the body, so the buffers on the way fill up and the flow stops.
    await expect
      .poll(
        () => {
          const stands = written > 0 && written === before;
          before = written;
          return stands;
        },
        { interval: 500, timeout: 30_000 },
      )
      .toBe(true);
    expect(written).toBeLessThan(64 * 1024 * 1024);
    left.abort();
    await expect.poll(() => upstream.abandoned()).toBe(1);
    await own.close();
    await upstream.close();
  });
});

describe('A conversation', () => {
  it('serves one request at a time', async () => {
    const { body } = await platform.post('/chat', { message: 'Hello' });
    const conversation_id = body.conversation_id;
    const refusals: Promise<unknown>[] = [];
    await platform.stream({ message: 'Take your time', conversation_id }, () => {
      refusals.push(platform.post('/chat', { message: 'Hello', conversation_id }));
      return refusals.length < 2;
    });
    expect(await refusals[0]).toMatchObject({ status: 409, body: { code: 'conversation_busy' } });
    // It is free again when the client has left.
    await expect
      .poll(async () => (await platform.post('/chat', { message: 'Hello', conversation_id })).status, {
        timeout: 30_000,
      })
      .toBe(200);
  });

  it('does not keep a message that the model could not answer', async () => {
    const { body } = await platform.post('/chat', { message: 'Hello' }, ANALYST);
    const conversation_id = body.conversation_id;
    const failed = await platform.post('/chat', { message: 'Fail by filter', conversation_id });
    expect(failed.status).toBe(422);
    const shown = await platform.get(`/conversations/${conversation_id}`);
    expect(shown.body.messages).toHaveLength(3);
  });
});
