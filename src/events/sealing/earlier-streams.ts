import type { ChainHead } from '../../chaukas/sealed-event.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { StoredEvents, StoredStream } from '../../sinks/event-sink.js';

/** A stream that destinations hold already. */
export interface EarlierStream extends StoredStream {
  /** The names of the sinks that hold it; `undefined` if all sinks do that can tell. */
  readonly sinks: readonly string[] | undefined;
}

/** The events of earlier processes that the sinks hold. */
export interface EarlierEvents {
  readonly chainHeads: ReadonlyMap<string, ChainHead>;
  readonly streams: readonly EarlierStream[];
}

/** A place that may hold events of earlier processes: a sink, and the spool in front of it. */
interface EventHolder {
  readonly name: string;
  /** Returns what the place holds; `undefined` if it cannot tell. */
  heldEvents(): StoredEvents | undefined;
}

/** Asks the places what they hold. If they hold different ends of a session's chain, that of the first one wins. */
export function earlierEvents(places: readonly EventHolder[], guard: Guard): EarlierEvents {
  const chainHeads = new Map<string, ChainHead>();
  const holders = new Map<string, { readonly stream: StoredStream; readonly sinks: string[] }>();
  let asked = 0;
  for (const place of places) {
    const stored = guard.run('Reading the events that a sink holds', () => place.heldEvents());
    if (stored === undefined) continue;
    asked += 1;
    for (const [sessionId, head] of stored.chainHeads) {
      if (!chainHeads.has(sessionId)) chainHeads.set(sessionId, head);
    }
    for (const stream of stored.streams) {
      const known = holders.get(stream.eventId);
      if (known === undefined) holders.set(stream.eventId, { stream, sinks: [place.name] });
      else known.sinks.push(place.name);
    }
  }
  const streams = [...holders.values()].map(({ stream, sinks: holding }) => ({
    ...stream,
    sinks: holding.length === asked ? undefined : holding,
  }));
  return { chainHeads, streams };
}
