/** The limit of tokens on the platform itself: each way to use tokens is charged. */
import { afterEach, expect, it } from 'vitest';
import { type RunningPlatform, startPlatform } from './running-platform.js';

let platform: RunningPlatform;
afterEach(() => platform.close());

const remaining = (headers: Headers) => Number(/"tokens";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);

it('The tokens of answers, streams and purchases count, and those of another key do not', async () => {
  platform = await startPlatform({ TOKENS_PER_MINUTE: '100000' });
  const chat = await platform.post('/chat', { message: 'Hello' });
  expect(remaining(chat.headers)).toBe(100_000 - chat.body.usage.total_tokens);

  const events = await platform.stream({ message: 'What has c-100 spent?' });
  const streamed = events.at(-1)?.data.usage.total_tokens;
  expect(streamed).toBeGreaterThan(0);
  const afterStream = 100_000 - chat.body.usage.total_tokens - streamed;
  const refused = await platform.post('/chat', {});
  expect(refused.status).toBe(400);
  expect(remaining(refused.headers)).toBe(afterStream);

  const purchase = await platform.post('/transactions', {
    transaction_id: 't-limits',
    customer_id: 'c-100',
    amount: 25,
    merchant: 'Green Market',
    category: 'groceries',
  });
  expect(purchase.status).toBe(200);
  expect(remaining(purchase.headers)).toBeLessThan(afterStream);
  const other = await platform.post('/chat', {}, 'key-of-bea');
  expect(remaining(other.headers)).toBe(100_000);
});

it('A cached answer costs no tokens', async () => {
  platform = await startPlatform({ TOKENS_PER_MINUTE: '100000' });
  const ask = () => platform.post('/chat', { message: 'Hello', temperature: 0 });
  const first = await ask();
  const second = await ask();
  expect(second.headers.get('x-cache')).toBe('hit');
  expect(remaining(second.headers)).toBe(remaining(first.headers));
});

it('The request after the last token is refused with 429', async () => {
  platform = await startPlatform({ TOKENS_PER_MINUTE: '300' });
  expect((await platform.post('/chat', { message: 'Hello' })).status).toBe(200);
  expect((await platform.post('/chat', { message: 'Hello' })).status).toBe(200);
  const { status, headers, body } = await platform.post('/chat', { message: 'Hello' });
  expect(status).toBe(429);
  expect(body).toMatchObject({ code: 'rate_limited', detail: expect.stringContaining('"tokens" is 300') });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});
