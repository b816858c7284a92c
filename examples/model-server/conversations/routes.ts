import { Hono } from 'hono';
import { answerJson } from '../http/answer.js';
import { type Environment, type Exchange, jsonBody } from '../http/environment.js';
import type { Stage } from '../model-call.js';
import { unscriptedCall } from '../unscripted-call.js';
import { KeptConversations } from './kept-conversations.js';
import { listOf, pageOf } from './page.js';
import { readAddition, readCreation, readListing, readUpdate } from './request.js';

/** Conversations and their items. The output of a response is not added to them. */
export function conversationRoutes(stage: Stage): Hono<Environment> {
  const kept = new KeptConversations();
  /** Reads and acts in one step, after the faults that are due. */
  const call = (name: string, act: (c: Exchange, id: string, itemId: string) => object) =>
    unscriptedCall<undefined>(
      {
        name: `conversations.${name}`,
        read: () => undefined,
        answer: (c, _request, faults) => {
          const body = act(c, c.req.param('id') ?? '', c.req.param('item') ?? '');
          return answerJson(c, body, faults);
        },
      },
      stage,
    );

  return new Hono<Environment>()
    .post(
      '/',
      call('create', (c) => {
        const { metadata, items } = readCreation(c.get('json'));
        return kept.create(metadata, items);
      }),
    )
    .get(
      '/:id',
      call('retrieve', (_c, id) => kept.body(id)),
    )
    .post(
      '/:id',
      call('update', (c, id) => kept.update(id, readUpdate(jsonBody(c)))),
    )
    .delete(
      '/:id',
      call('delete', (_c, id) => {
        kept.delete(id);
        return { id, object: 'conversation.deleted', deleted: true };
      }),
    )
    .post(
      '/:id/items',
      call('items.create', (c, id) => listOf(kept.add(id, readAddition(jsonBody(c))))),
    )
    .get(
      '/:id/items',
      call('items.list', (c, id) => pageOf(kept.items(id), readListing(c.req.query()))),
    )
    .get(
      '/:id/items/:item',
      call('items.retrieve', (_c, id, itemId) => kept.item(id, itemId)),
    )
    .delete(
      '/:id/items/:item',
      call('items.delete', (_c, id, itemId) => kept.deleteItem(id, itemId)),
    );
}
