/** As Node 20 has them; the language's types name them from ES2024 on. */
interface WellFormed {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/** The text with U+FFFD for each half of a surrogate pair: neither protobuf nor RFC 8785 can carry one. */
export function wellFormed(text: string): string {
  const string = text as unknown as WellFormed;
  return string.isWellFormed() ? text : string.toWellFormed();
}
