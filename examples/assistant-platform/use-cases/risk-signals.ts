/** Signs of risk in a history of purchases, by plain arithmetic. The model explains and weighs them. */
import { CATEGORIES, DEFAULT_RULES, type Purchase } from '../purchases/spending-rules.js';

export const RISK_KINDS = ['unusual_spending', 'high_risk_merchant', 'velocity'] as const;
export type RiskKind = (typeof RISK_KINDS)[number];

/** A purchase of the history. */
export interface HistoricPurchase extends Purchase {
  readonly id: string;
  readonly at: string;
}

export interface RiskSignal {
  readonly kind: RiskKind;
  /** Ids of the purchases that show it. */
  readonly purchases: readonly string[];
}

/** Times the median of its category from which an amount is unusual. */
const UNUSUAL_FACTOR = 4;
/** Purchases of a category from which its median says something. */
const ENOUGH = 4;
/** More purchases than these in ten minutes are a sign of a stolen card. */
const VELOCITY_LIMIT = 3;
const VELOCITY_MILLIS = 10 * 60 * 1000;

/** Returns a signal for each kind of risk that the history shows, in a fixed order. */
export function riskSignals(history: readonly HistoricPurchase[]): RiskSignal[] {
  const found: Record<RiskKind, string[]> = {
    unusual_spending: unusualAmounts(history),
    high_risk_merchant: history.filter(isRiskyMerchant).map(({ id }) => id),
    velocity: rapidPurchases(history),
  };
  return RISK_KINDS.filter((kind) => found[kind].length > 0).map((kind) => ({
    kind,
    purchases: found[kind],
  }));
}

function unusualAmounts(history: readonly HistoricPurchase[]): string[] {
  return CATEGORIES.flatMap((category) => {
    const purchases = history.filter((purchase) => purchase.category === category);
    if (purchases.length < ENOUGH) return [];
    const typical = median(purchases.map(({ amount }) => amount));
    return purchases.filter(({ amount }) => amount > typical * UNUSUAL_FACTOR).map(({ id }) => id);
  });
}

function isRiskyMerchant({ merchant }: HistoricPurchase): boolean {
  return DEFAULT_RULES.blockedMerchants.some((part) => merchant.toLowerCase().includes(part));
}

/** Purchases that are more than three within ten minutes. */
function rapidPurchases(history: readonly HistoricPurchase[]): string[] {
  const ordered = history.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const rapid = new Set<string>();
  let first = 0;
  for (const [index, { at }] of ordered.entries()) {
    while (Date.parse(at) - Date.parse(ordered[first]?.at ?? at) > VELOCITY_MILLIS) first += 1;
    const within = ordered.slice(first, index + 1);
    if (within.length > VELOCITY_LIMIT) for (const { id } of within) rapid.add(id);
  }
  return [...rapid];
}

function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  const upper = ordered[middle] ?? 0;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? 0) + upper) / 2;
}
