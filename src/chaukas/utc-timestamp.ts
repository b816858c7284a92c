/** A time whose zone is missing. */
const WITHOUT_ZONE = /T[\d:.]+$/;

/** Completes a time without a zone. The Python SDK of chaukas 0.1 writes UTC in this form (`datetime.utcnow()`). */
export function withZone(text: string): string {
  return WITHOUT_ZONE.test(text) ? `${text}Z` : text;
}

/**
 * Whether a time in RFC 3339 (UTC) is before another. Their fractions of a second may have different numbers of digits,
 * and `Z` may be missing.
 */
export function isEarlier(time: string, than: string): boolean {
  if (time === than) return false;
  let at = 0;
  while (at < time.length && time.charCodeAt(at) === than.charCodeAt(at)) at += 1;
  if (isDigit(time.charCodeAt(at)) && isDigit(than.charCodeAt(at)))
    return time.charCodeAt(at) < than.charCodeAt(at);
  // Up to here they are equal, and at least one of them has no more digits: it goes on with zeros.
  return isZero(time, at) && !isZero(than, at);
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isZero(time: string, from: number): boolean {
  return !/[1-9]/.test(time.slice(from));
}
