import { RequestProblem } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { SessionEntry } from '../stored/session-entry.js';

/** @throws RequestProblem - if no event has named the session. */
export function knownSession(index: EventIndex, id: string): SessionEntry {
  const session = index.session(id);
  if (session !== undefined) return session;
  throw new RequestProblem(404, 'There is no such session; its events may not have been read yet.');
}
