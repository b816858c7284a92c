/** A time whose zone is missing. */
const WITHOUT_ZONE = /T[\d:.]+$/;

/** Completes a time without a zone. The Python SDK of chaukas 0.1 writes UTC in this form (`datetime.utcnow()`). */
export function withZone(text: string): string {
  return WITHOUT_ZONE.test(text) ? `${text}Z` : text;
}
