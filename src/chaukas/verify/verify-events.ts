import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent } from '../event.js';
import { EventVerifier, type VerificationOptions } from './event-verifier.js';
import type { VerificationReport } from './finding.js';

/**
 * Verifies that a stream of events is whole and unchanged: hashes and chains, pairs, parents, order and counts, and,
 * with `publicKeys`, the signatures of checkpoints. See "What must hold in every stream" of chaukas-spec.
 *
 * ```ts
 * const report = await verifyEvents(createInterface({ input: createReadStream('audit/events.jsonl') }));
 * for (const { line, message } of report.findings) console.error(`line ${line}: ${message}`);
 * ```
 *
 * @param events - lines of a file, or events, in the order of the stream.
 * @returns what was found. It never rejects for what stands in a line, only where `events` does.
 */
export async function verifyEvents(
  events: Iterable<string | ChaukasEvent> | AsyncIterable<string | ChaukasEvent>,
  options?: VerificationOptions,
): Promise<VerificationReport> {
  const verifier = new EventVerifier(options);
  let lineNumber = 0;
  for await (const event of events) {
    lineNumber += 1;
    const line = typeof event === 'string' ? event : canonicalJson(event as never);
    if (line.trim() !== '') verifier.add(line, lineNumber);
  }
  return verifier.end();
}
