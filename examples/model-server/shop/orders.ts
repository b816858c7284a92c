export interface Order {
  readonly id: string;
  readonly status: 'processing' | 'shipped' | 'delivered';
  readonly total: number;
  readonly currency: 'EUR';
  readonly items: readonly { readonly sku: string; readonly name: string; readonly quantity: number }[];
  readonly refundable: boolean;
}

const ORDERS: readonly Order[] = [
  {
    id: 'A-1001',
    status: 'delivered',
    total: 42.5,
    currency: 'EUR',
    items: [{ sku: 'KET-02', name: 'Kettle, 1.7 l', quantity: 1 }],
    refundable: true,
  },
  {
    id: 'A-1002',
    status: 'shipped',
    total: 18.9,
    currency: 'EUR',
    items: [{ sku: 'MUG-11', name: 'Mug, blue', quantity: 2 }],
    refundable: true,
  },
  {
    id: 'A-1003',
    status: 'delivered',
    total: 7.25,
    currency: 'EUR',
    items: [{ sku: 'SAL-90', name: 'Tea towel, final sale', quantity: 1 }],
    refundable: false,
  },
];

export function findOrder(id: string): Order | undefined {
  return ORDERS.find((order) => order.id === id);
}

export interface Refund {
  readonly refundId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: 'EUR';
  readonly status: 'issued';
}

/** Does not store the refund, so the same one can be issued any number of times with the same answer. */
export function issueRefund(order: Order, amount: number): Refund | { readonly refused: string } {
  if (!order.refundable) return { refused: `Order ${order.id} is a final sale.` };
  if (amount > order.total) return { refused: `Order ${order.id} came to ${order.total} ${order.currency}.` };
  return {
    refundId: `R-${order.id}`,
    orderId: order.id,
    amount,
    currency: order.currency,
    status: 'issued',
  };
}
