/** Methods of strings in Node 20, which TypeScript declares from ES2024 on. */
interface WellFormed {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/** Replaces each lone surrogate by U+FFFD, because neither protobuf nor RFC 8785 can carry one. */
export function wellFormed(text: string): string {
  const string = text as unknown as WellFormed;
  return string.isWellFormed() ? text : string.toWellFormed();
}
