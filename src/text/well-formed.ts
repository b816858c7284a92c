/** Methods of strings in Node 20, which TypeScript declares from ES2024 on. */
interface WellFormed {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/** Whether a text has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormed).isWellFormed();
}

/** Replaces each lone surrogate by U+FFFD, because neither protobuf nor RFC 8785 can carry one. */
export function wellFormed(text: string): string {
  const string = text as unknown as WellFormed;
  return string.isWellFormed() ? text : string.toWellFormed();
}

/**
 * Applies {@link wellFormed} to the texts and the lists of texts in an object, but not to its members in `except`. Returns
 * the object itself if nothing changes.
 */
export function withWellFormedMembers(
  object: Readonly<Record<string, unknown>>,
  except: object = {},
): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const name in object) {
    if (name in except) continue;
    const member = object[name];
    const whole = Array.isArray(member) ? wellFormedList(member) : wellFormedEntry(member);
    if (whole === member) continue;
    copy ??= { ...object };
    copy[name] = whole;
  }
  return copy ?? object;
}

function wellFormedList(list: readonly unknown[]): readonly unknown[] {
  return list.every((entry) => wellFormedEntry(entry) === entry) ? list : list.map(wellFormedEntry);
}

function wellFormedEntry(value: unknown): unknown {
  return typeof value === 'string' ? wellFormed(value) : value;
}
