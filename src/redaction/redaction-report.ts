import type { RedactionInfo } from '../chaukas/event.js';
import type { RedactionMethod } from './redaction-options.js';

/** Maximum number of paths in the report of an event. `*` stands for all further ones. */
const MOST_FIELDS = 1000;

/** The category and method of one replaced value. */
export interface RedactionFinding {
  readonly category: string | undefined;
  readonly method: RedactionMethod;
}

/** Receives each finding. */
export interface FindingCollector {
  add(category: string | undefined, method: RedactionMethod): void;
}

/** A report of everything that was redacted in one event. */
export class RedactionReport implements FindingCollector {
  readonly #fields = new Set<string>();
  readonly #categories = new Set<string>();
  readonly #methods = new Set<RedactionMethod>();
  /** Number of findings so far. Callers compare it to learn whether there was a finding since. */
  count = 0;

  add(category: string | undefined, method: RedactionMethod): void {
    this.count += 1;
    this.#methods.add(method);
    if (category !== undefined) this.#categories.add(category);
  }

  /** @param path - returns the path of a changed field. Not called after the maximum number of paths. */
  addField(path: () => string): void {
    this.#fields.add(this.#fields.size < MOST_FIELDS ? path() : '*');
  }

  /** Adds the findings of a part that was redacted apart. */
  addAll(part: RedactionReport): void {
    this.count += part.count;
    for (const method of part.#methods) this.#methods.add(method);
    for (const category of part.#categories) this.#categories.add(category);
    for (const path of part.#fields) this.addField(() => path);
  }

  /** Returns the categories of the findings and the known ones, sorted. */
  categories(known: readonly string[] | undefined): string[] {
    return [...new Set([...(known ?? []), ...this.#categories])].sort();
  }

  /** An event has room for one method: the one that keeps the most information. */
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
