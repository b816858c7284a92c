import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
const said = (content: string) => ({ role: 'user' as const, content });

function inputMessage(text: string) {
  return {
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text }],
  };
}

test('A conversation is created, retrieved, updated and deleted', async () => {
  const { conversations } = clientOf(server());
  const made = await conversations.create({ metadata: { topic: 'weather' } });
  expect(made).toEqual({
    id: expect.stringMatching(/^conv_[0-9a-f]{42}$/),
    object: 'conversation',
    created_at: expect.any(Number),
    metadata: { topic: 'weather' },
  });
  expect(await conversations.retrieve(made.id)).toEqual(made);
  const changed = { ...made, metadata: { topic: 'rain' } };
  expect(await conversations.update(made.id, { metadata: { topic: 'rain' } })).toEqual(changed);
  expect(await conversations.retrieve(made.id)).toEqual(changed);
  expect(await conversations.delete(made.id)).toEqual({
    id: made.id,
    object: 'conversation.deleted',
    deleted: true,
  });
  await expect(conversations.retrieve(made.id)).rejects.toMatchObject({
    status: 404,
    message: `404 Conversation with id '${made.id}' not found.`,
  });
});

test('A conversation can be created without a body, or with items', async () => {
  const { conversations } = clientOf(server());
  expect((await conversations.create()).metadata).toEqual({});
  const { id } = await conversations.create({ items: [said('Hi')] });
  expect(await collect(await conversations.items.list(id))).toEqual([inputMessage('Hi')]);
});

describe('items', () => {
  test('are added, retrieved and deleted', async () => {
    const { conversations } = clientOf(server());
    const { id } = await conversations.create();
    const call = { type: 'function_call' as const, call_id: 'call_1', name: 'a', arguments: '{}' };
    const added = await conversations.items.create(id, { items: [said('One'), call] });
    const [first, second] = added.data;
    expect(added).toEqual({
      object: 'list',
      data: [inputMessage('One'), { ...call, id: expect.stringMatching(/^fc_/) }],
      first_id: first?.id,
      last_id: second?.id,
      has_more: false,
    });
    const item = first?.id ?? '';
    expect(await conversations.items.retrieve(item, { conversation_id: id })).toEqual(first);
    const left = await conversations.items.delete(item, { conversation_id: id });
    expect(left).toMatchObject({ id, object: 'conversation' });
    expect(await collect(await conversations.items.list(id))).toEqual([second]);
    await expect(conversations.items.retrieve(item, { conversation_id: id })).rejects.toMatchObject({
      status: 404,
    });
  });

  test('are listed in pages, newest first by default', async () => {
    const { conversations } = clientOf(server());
    const { id } = await conversations.create({ items: ['1', '2', '3'].map(said) });
    const page = await conversations.items.list(id, { limit: 2 });
    expect(page.data).toEqual([inputMessage('3'), inputMessage('2')]);
    expect([page.has_more, page.last_id]).toEqual([true, page.data[1]?.id]);
    const next = await page.getNextPage();
    expect(next.data).toEqual([inputMessage('1')]);
    expect(next.has_more).toBe(false);

    const before = server().requests.length;
    const all = await collect(await conversations.items.list(id, { limit: 1, order: 'asc' }));
    expect(all).toEqual(['1', '2', '3'].map(inputMessage));
    expect(server().requests.length - before).toBe(3);
  });

  test('after an unknown item are rejected', async () => {
    const { conversations } = clientOf(server());
    const { id } = await conversations.create();
    await expect(conversations.items.list(id, { after: 'msg_none' })).rejects.toMatchObject({
      status: 400,
      param: 'after',
    });
  });
});
