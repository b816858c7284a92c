import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const ask = { model: 'gpt-5-mini', input: 'What is the capital of France?' };
const background = { ...ask, background: true };

/** What a poll shows of a response. */
function glance({ status, output, usage }: OpenAI.Responses.Response) {
  return { status, items: output.map((item) => item.type), tokens: usage?.total_tokens };
}

const QUEUED = { status: 'queued', items: [], tokens: undefined };
const UNDERWAY = { status: 'in_progress', items: [], tokens: undefined };
const COMPLETED = { status: 'completed', items: ['message'], tokens: 21 };

describe('a background response', () => {
  test('is queued, then in progress, then stays completed', async () => {
    const { responses } = clientOf(server());
    const created = await responses.create(background, playing('plain'));
    const polls = [];
    for (let poll = 0; poll < 3; poll += 1) polls.push(await responses.retrieve(created.id));
    expect([created, ...polls].map(glance)).toEqual([QUEUED, UNDERWAY, COMPLETED, COMPLETED]);
    expect(polls.map((poll) => poll.id)).toEqual([created.id, created.id, created.id]);
    expect(polls.at(-1)?.output_text).toBe('The capital of France is Paris.');
  });

  test('does not advance on a fault', async () => {
    const { responses } = clientOf(server());
    const { id } = await responses.create(background, playing('plain'));
    await expect(responses.retrieve(id, {}, playing('', 'server-error'))).rejects.toMatchObject({
      status: 500,
    });
    expect(glance(await responses.retrieve(id))).toEqual(UNDERWAY);
  });

  test.each([
    ['incomplete', { status: 'incomplete', items: ['message'], tokens: 26 }],
    ['failed', { status: 'failed', items: ['message'], tokens: undefined }],
  ])('can end as %s', async (scenario, ending) => {
    const { responses } = clientOf(server());
    const { id } = await responses.create(background, playing(scenario));
    await responses.retrieve(id);
    expect(glance(await responses.retrieve(id))).toEqual(ending);
  });

  test('can be cancelled before its end', async () => {
    const { responses } = clientOf(server());
    const cancelled = { status: 'cancelled', items: [], tokens: undefined };
    const { id } = await responses.create(background, playing('plain'));
    expect(glance(await responses.cancel(id))).toEqual(cancelled);
    expect(glance(await responses.retrieve(id))).toEqual(cancelled);
    const told = await collect(await responses.retrieve(id, { stream: true }));
    expect(told.map((event) => event.type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ]);

    const other = await responses.create(background, playing('plain'));
    await responses.retrieve(other.id);
    await responses.retrieve(other.id);
    expect(glance(await responses.cancel(other.id))).toEqual(COMPLETED);
  });

  test('streams, and the stream can be resumed', async () => {
    const { responses } = clientOf(server());
    const stream = await responses.create({ ...background, stream: true }, playing('plain'));
    const events = await collect(stream);
    const [first] = events;
    if (first?.type !== 'response.created') throw new Error('Expected a first event with the response');
    const { id } = first.response;
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
    expect(events.slice(0, 3).map((event) => event.type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ]);
    const again = await collect(await responses.retrieve(id, { stream: true }));
    expect(again).toEqual(events);
    const rest = await collect(await responses.retrieve(id, { stream: true, starting_after: 3 }));
    expect(rest).toEqual(events.slice(4));
    expect(glance(await responses.retrieve(id))).toEqual(COMPLETED);
  });
});

describe('any other response', () => {
  test('is retrieved unchanged and at once', async () => {
    const { responses } = clientOf(server());
    const created = await responses.create(ask, playing('reasoning'));
    expect(await responses.retrieve(created.id)).toEqual(created);
  });

  test('cannot be cancelled', async () => {
    const { responses } = clientOf(server());
    const { id } = await responses.create(ask, playing('plain'));
    await expect(responses.cancel(id)).rejects.toMatchObject({
      status: 400,
      message: '400 Cannot cancel a synchronous response.',
    });
  });

  test('is not found if it was deleted, not stored or never created', async () => {
    const { responses } = clientOf(server());
    const deleted = await responses.create(ask, playing('plain'));
    await responses.delete(deleted.id);
    const notStored = await responses.create({ ...ask, store: false }, playing('plain'));
    for (const id of [deleted.id, notStored.id, 'resp_none']) {
      await expect(responses.retrieve(id)).rejects.toMatchObject({
        status: 404,
        message: `404 Response with id '${id}' not found.`,
      });
    }
  });
});

test('A compaction has the user messages and one item in place of all others', async () => {
  const compacted = await clientOf(server()).responses.compact({
    model: 'gpt-5-mini',
    input: [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'Two' },
    ],
  });
  const message = (text: string) => ({
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text }],
  });
  expect(compacted).toEqual({
    id: expect.stringMatching(/^resp_/),
    object: 'response.compaction',
    created_at: expect.any(Number),
    output: [
      message('One'),
      message('Two'),
      {
        id: expect.stringMatching(/^cmp_/),
        type: 'compaction',
        encrypted_content: expect.stringMatching(/^\w+={0,2}$/),
      },
    ],
    usage: {
      input_tokens: 28,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 24,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 52,
    },
  });
});

test('input tokens are estimated', async () => {
  expect(await clientOf(server()).responses.inputTokens.count(ask)).toEqual({
    object: 'response.input_tokens',
    input_tokens: 17,
  });
});

test('The beta client retrieves the same response', async () => {
  const { responses } = clientOf(server()).beta;
  const created = await responses.create(background, playing('plain'));
  const polls = [await responses.retrieve(created.id), await responses.retrieve(created.id)];
  expect([created, ...polls].map(({ status }) => status)).toEqual(['queued', 'in_progress', 'completed']);
  const streamed = await collect(await responses.create({ ...ask, stream: true }, playing('plain')));
  expect(streamed.at(-1)?.type).toBe('response.completed');
  const compacted = await responses.compact({ model: 'gpt-5-mini', input: 'Hi' });
  expect(compacted.object).toBe('response.compaction');
});
