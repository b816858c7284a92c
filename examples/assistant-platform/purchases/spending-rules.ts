/** Spending rules: what a purchase may cost and where it may be made. */
import { z } from 'zod';

export const CATEGORIES = [
  'groceries',
  'electronics',
  'household',
  'travel',
  'entertainment',
  'other',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** A purchase to check. Amounts are in euros. */
export const purchaseSchema = z.object({
  amount: z.number().positive().max(1_000_000).describe('Amount in euros.'),
  merchant: z.string().trim().min(1).max(120),
  category: z.enum(CATEGORIES),
});
export type Purchase = z.infer<typeof purchaseSchema>;

/** Limits of one customer or of all. */
export interface SpendingRules {
  /** Largest amount of a single purchase, by category. */
  readonly purchaseLimits: Readonly<Record<Category, number>>;
  /** Amount that all purchases of a month may reach, by category. */
  readonly monthlyLimits: Readonly<Record<Category, number>>;
  /** Share of a limit from which a person looks at the purchase. */
  readonly reviewShare: number;
  /** Parts of merchants' names, in lower case, at which nothing may be bought. */
  readonly blockedMerchants: readonly string[];
}

export const DEFAULT_RULES: SpendingRules = {
  purchaseLimits: {
    groceries: 300,
    electronics: 1_500,
    household: 800,
    travel: 2_500,
    entertainment: 200,
    other: 250,
  },
  monthlyLimits: {
    groceries: 900,
    electronics: 2_000,
    household: 1_200,
    travel: 4_000,
    entertainment: 400,
    other: 500,
  },
  reviewShare: 0.8,
  blockedMerchants: ['casino', 'lottery', 'crypto'],
};

/** From the mildest to the strictest. */
export const DECISIONS = ['approve', 'review', 'decline'] as const;
export type Decision = (typeof DECISIONS)[number];

/** What the rules say about a purchase, and why. */
export interface RuleCheck {
  readonly decision: Decision;
  readonly violations: readonly { readonly rule: string; readonly message: string }[];
}

/** @param spentThisMonth - what the customer has spent in the category in this month, in euros. */
export function checkPurchase(purchase: Purchase, spentThisMonth: number, rules = DEFAULT_RULES): RuleCheck {
  const { amount, merchant, category } = purchase;
  const purchaseLimit = rules.purchaseLimits[category];
  const monthlyLimit = rules.monthlyLimits[category];
  const blocked = rules.blockedMerchants.find((part) => merchant.toLowerCase().includes(part));

  const declining = [
    blocked !== undefined && {
      rule: 'blocked_merchant',
      message: `Purchases at a ${blocked} are not allowed.`,
    },
    amount > purchaseLimit && {
      rule: 'purchase_limit',
      message: `A purchase of ${category} may cost ${purchaseLimit} EUR at most.`,
    },
    spentThisMonth + amount > monthlyLimit && {
      rule: 'monthly_limit',
      message: `${spentThisMonth} EUR of ${monthlyLimit} EUR for ${category} are spent this month.`,
    },
  ].filter((violation) => violation !== false);
  if (declining.length > 0) return { decision: 'decline', violations: declining };

  if (amount > purchaseLimit * rules.reviewShare) {
    const message = `The purchase is close to the limit of ${purchaseLimit} EUR for ${category}.`;
    return { decision: 'review', violations: [{ rule: 'near_purchase_limit', message }] };
  }
  return { decision: 'approve', violations: [] };
}

/** The stricter of two decisions. */
export function stricter(a: Decision, b: Decision): Decision {
  return DECISIONS.indexOf(a) > DECISIONS.indexOf(b) ? a : b;
}
