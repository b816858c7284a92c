import type { ChaukasEvent } from '../../../chaukas/event.js';
import { contentHash } from '../../../chaukas/sealed-event.js';
import { hashProblem } from '../../../chaukas/verify/line-check.js';
import { asNonEmptyString } from '../../../json/readers.js';
import { RequestProblem, type RouteAnswer } from '../server/route.js';
import type { EventIndex, StoredEvent } from '../stored/event-index.js';
import type { EventDetail } from '../view-api.js';

/** A sink that failed writes an event again, so that copies may stand between two events. */
const MAX_COPIES = 10;

/** An event with what can be said about it alone. The event itself is sent as its line has it. */
export async function eventDetail(index: EventIndex, number: number): Promise<RouteAnswer> {
  if (number >= index.events) throw new RequestProblem(404, `There is no event ${number}.`);
  const stored = await index.read(number);
  if (stored === undefined) {
    throw new RequestProblem(410, 'The file no longer has this event: it was truncated or rotated away.');
  }
  const { file, line } = index.place(number);
  const detail: Omit<EventDetail, 'event'> = {
    number,
    source: index.files.get(file)?.name ?? '',
    line,
    hash: hashOf(stored),
    chain: await chainOf(index, stored),
    provable: index.provable(number),
  };
  const rest = JSON.stringify(detail).slice(1);
  return {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `{"event":${stored.text.trim()},${rest}`,
  };
}

function hashOf({ event, text }: StoredEvent): EventDetail['hash'] {
  const recorded = asNonEmptyString(event.content_hash);
  if (recorded === undefined) return { state: 'absent' };
  const chaukas = event as unknown as ChaukasEvent;
  try {
    if (hashProblem(text.trim(), chaukas) === undefined)
      return { recorded, computed: recorded, state: 'right' };
    // The hash is right if another program may read something else in the line.
    return { recorded, computed: contentHash(chaukas), state: 'wrong' };
  } catch {
    // The event has no canonical form: it is nested too deep, or is not one of the specification.
    return { recorded, state: 'wrong' };
  }
}

async function chainOf(index: EventIndex, { number, event }: StoredEvent): Promise<EventDetail['chain']> {
  const recorded = asNonEmptyString(event.hash_prev);
  let previous: StoredEvent | undefined;
  let at = index.before(number);
  for (let copies = 0; at !== undefined && copies < MAX_COPIES; copies += 1) {
    previous = await index.read(at);
    if (previous?.event.event_id !== event.event_id) break;
    at = index.before(at);
  }
  const expected = asNonEmptyString(previous?.event.content_hash);
  if (recorded === undefined) {
    if (event.hash_prev === undefined && expected === undefined) return { state: 'absent' };
    return { state: at === undefined ? 'first' : 'wrong' };
  }
  // The event before it may be in a file that is not here.
  if (previous === undefined) return { recorded, state: 'absent' };
  return { recorded, state: recorded === expected ? 'right' : 'wrong' };
}
