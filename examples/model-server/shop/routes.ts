import { Hono } from 'hono';
import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody } from '../check-body.js';
import { type Environment, jsonBody } from '../http/environment.js';
import { findOrder, issueRefund, type Order } from './orders.js';

const refundSchema = z.strictObject({ orderId: z.string(), amount: z.number().positive() });

/** A plain shop for the demo's tools to call. It needs no key. */
export function shopRoutes(): Hono<Environment> {
  return new Hono<Environment>()
    .get('/orders/:id', (c) => c.json(orderOf(c.req.param('id'))))
    .post('/refunds', (c) => {
      const { orderId, amount } = checkBody(refundSchema, jsonBody(c));
      const refund = issueRefund(orderOf(orderId), amount);
      if ('refused' in refund) throw invalidRequest(refund.refused, { code: 'refund_refused' }, 422);
      return c.json(refund, 201);
    });
}

function orderOf(id: string): Order {
  const order = findOrder(id);
  if (order) return order;
  throw invalidRequest(`There is no order "${id}".`, { code: 'order_not_found' }, 404);
}
