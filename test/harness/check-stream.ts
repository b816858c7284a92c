import { EventVerifier } from '../../src/chaukas/verify/event-verifier.js';
import type { ChaukasEvent } from '../../src/index.js';

/**
 * What breaks the rules of "What must hold in every stream", in words: what `agent-events verify` says of these events.
 *
 * @param options.open - the stream is cut off on purpose, so a START may be without its END.
 */
export function streamViolations(
  events: readonly ChaukasEvent[],
  options: { open?: boolean } = {},
): string[] {
  const verifier = new EventVerifier();
  for (const [index, event] of events.entries()) verifier.add(JSON.stringify(event), index + 1);
  return verifier
    .end()
    .findings.filter(({ code }) => !(options.open === true && code === 'missing_end'))
    .map(({ line, code, message }) => `${describe(events[line - 1])}: ${message} (${code})`);
}

function describe(event: ChaukasEvent | undefined): string {
  return event === undefined ? 'stream' : `${event.type} ${event.span_id} (session ${event.session_id})`;
}
