/** Completed purchases of customers, in memory. A real service would ask its database. */
import { LRUCache } from 'lru-cache';
import type { Category, Purchase } from './spending-rules.js';

const MAX_CUSTOMERS = 1_000;
const MAX_PURCHASES = 1_000;

/** A purchase that was approved. */
export interface BookedPurchase extends Purchase {
  readonly id: string;
  /** Time of the purchase, ISO 8601. */
  readonly at: string;
}

/** Purchases by category in a period, in euros. */
export interface SpendingSummary {
  readonly customer_id: string;
  readonly since: string;
  readonly total: number;
  readonly by_category: Partial<Record<Category, number>>;
  readonly purchases: number;
}

export class Ledger {
  readonly #customers = new LRUCache<string, BookedPurchase[]>({ max: MAX_CUSTOMERS });

  /** Keeps the last 1,000 purchases of each of the last 1,000 customers. */
  book(customerId: string, purchase: BookedPurchase): void {
    const kept = this.#customers.get(customerId) ?? [];
    this.#customers.set(customerId, [...kept, purchase].slice(-MAX_PURCHASES));
  }

  /** Whether the customer is known. */
  has(customerId: string): boolean {
    return this.#customers.has(customerId);
  }

  summary(customerId: string, since: Date, category?: Category): SpendingSummary {
    const purchases = (this.#customers.get(customerId) ?? []).filter(
      (purchase) =>
        Date.parse(purchase.at) >= since.getTime() &&
        (category === undefined || purchase.category === category),
    );
    const byCategory: Partial<Record<Category, number>> = {};
    for (const purchase of purchases) {
      byCategory[purchase.category] = cents((byCategory[purchase.category] ?? 0) + purchase.amount);
    }
    return {
      customer_id: customerId,
      since: since.toISOString(),
      total: cents(purchases.reduce((sum, { amount }) => sum + amount, 0)),
      by_category: byCategory,
      purchases: purchases.length,
    };
  }

  /** Euros that the customer has spent in a category since the first of the month, UTC. */
  spentThisMonth(customerId: string, category: Category, now = new Date()): number {
    return this.summary(customerId, startOfMonth(now), category).total;
  }
}

export function startOfMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
}

/** A ledger with a customer `c-100`, for a first look at the service. */
export function demoLedger(now = new Date()): Ledger {
  const ledger = new Ledger();
  const at = now.toISOString();
  ledger.book('c-100', { id: 'p-1', at, amount: 64.2, merchant: 'Green Market', category: 'groceries' });
  ledger.book('c-100', { id: 'p-2', at, amount: 349, merchant: 'Volt Electronics', category: 'electronics' });
  ledger.book('c-100', { id: 'p-3', at, amount: 18.5, merchant: 'Green Market', category: 'groceries' });
  return ledger;
}

/** Rounds to whole cents, so that sums stay free of binary fractions. */
function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
