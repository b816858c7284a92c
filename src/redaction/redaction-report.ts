import type { RedactionInfo } from '../chaukas/event.js';
import type { RedactionMethod } from './redaction-options.js';

/** Beyond it `*` stands for the others: paths are longer than what they name. */
const MOST_FIELDS = 1000;

/** One thing that was taken out. */
export interface RedactionFinding {
  readonly category: string | undefined;
  readonly method: RedactionMethod;
}

/** Is told of each. */
export interface Counted {
  add(category: string | undefined, method: RedactionMethod): void;
}

/** What was taken out of one event. */
export class RedactionReport implements Counted {
  readonly #fields = new Set<string>();
  readonly #categories = new Set<string>();
  readonly #methods = new Set<RedactionMethod>();
  /** How much was found so far, to tell whether something was found since. */
  count = 0;

  add(category: string | undefined, method: RedactionMethod): void {
    this.count += 1;
    this.#methods.add(method);
    if (category !== undefined) this.#categories.add(category);
  }

  /** @param path - not asked for where there are too many. */
  addField(path: () => string): void {
    this.#fields.add(this.#fields.size < MOST_FIELDS ? path() : '*');
  }

  /** Sorted, with those that are known already. */
  categories(known: readonly string[] | undefined): string[] {
    return [...new Set([...(known ?? []), ...this.#categories])].sort();
  }

  /** The event has room for one method: that which leaves the most. */
  info(known: RedactionInfo | undefined, saltId: string | undefined): RedactionInfo {
    const methods = known?.method === undefined ? this.#methods : this.#methods.add(known.method);
    const method = methods.has('hash') ? 'hash' : methods.has('mask') ? 'mask' : 'drop';
    const salt = known?.salt_id ?? (method === 'hash' ? saltId : undefined);
    return {
      fields: [...new Set([...(known?.fields ?? []), ...this.#fields])],
      method,
      ...(salt !== undefined && { salt_id: salt }),
    };
  }
}
