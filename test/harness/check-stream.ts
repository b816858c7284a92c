import { EventVerifier } from '../../src/chaukas/verify/event-verifier.js';
import type { FindingCode } from '../../src/chaukas/verify/findings.js';
import type { ChaukasEvent } from '../../src/index.js';
import { isOfStreamSession } from './stream-session.js';

/**
 * Describes the violations of the rules in "What must hold in every stream", as `agent-events verify` reports them. Without
 * the events of the stream's own session, only those of the sessions are reported.
 *
 * @param options.open - whether the stream is cut off on purpose, so that a START may lack its END.
 */
export function streamViolations(
  events: readonly ChaukasEvent[],
  options: { open?: boolean } = {},
): string[] {
  const verifier = new EventVerifier();
  for (const [index, event] of events.entries()) verifier.add(JSON.stringify(event), index + 1);
  const ignored: FindingCode[] = events.some(isOfStreamSession) ? [] : ['missing_stream'];
  if (options.open === true) ignored.push('missing_end', 'unclosed_stream');
  return verifier
    .end()
    .findings.filter(({ code }) => !ignored.includes(code))
    .map(({ line, code, message }) => `${describe(events[line - 1])}: ${message} (${code})`);
}

function describe(event: ChaukasEvent | undefined): string {
  return event === undefined ? 'stream' : `${event.type} ${event.span_id} (session ${event.session_id})`;
}
