import type { CostDetails } from '../chaukas/event.js';
import { type CostCalculator, createCostCalculator } from '../cost/cost-calculator.js';
import type { CostOptions } from '../cost/cost-options.js';
import type { Guard } from '../diagnostics/guard.js';
import { pricedCallOf } from './priced-span.js';
import type { SpanSnapshot } from './span-snapshot.js';

/** What model calls cost, by their spans. */
export class CallCosts {
  readonly #calculator: CostCalculator;
  readonly #guard: Guard;
  #prepared = false;

  constructor(options: CostOptions, guard: Guard) {
    this.#calculator = createCostCalculator(options);
    this.#guard = guard;
  }

  /** A call begins: while its answer is waited for, the prices can be loaded. */
  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    this.#calculator.prepare().catch((error: unknown) => this.#guard.caught('Loading the prices', error));
  }

  of(span: SpanSnapshot): CostDetails | undefined {
    const call = pricedCallOf(span);
    return call && this.#guard.run('Pricing a model call', () => this.#calculator.costOf(call));
  }
}
