import type { ChainHead } from '../../chaukas/sealed-event.js';
import type { Guard } from '../../diagnostics/guard.js';
import { type EventSink, type StoredStream, sinkName } from '../../sinks/event-sink.js';

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

/** Asks the sinks what they hold. If they hold different ends of a session's chain, that of the first sink wins. */
export function earlierEvents(sinks: readonly EventSink[], guard: Guard): EarlierEvents {
  const chainHeads = new Map<string, ChainHead>();
  const holders = new Map<string, { readonly stream: StoredStream; readonly sinks: string[] }>();
  let asked = 0;
  for (const sink of sinks) {
    const stored = guard.run('Reading the events that a sink holds', () => sink.storedEvents?.());
    if (stored === undefined) continue;
    asked += 1;
    for (const [sessionId, head] of stored.chainHeads) {
      if (!chainHeads.has(sessionId)) chainHeads.set(sessionId, head);
    }
    for (const stream of stored.streams) {
      const known = holders.get(stream.eventId);
      if (known === undefined) holders.set(stream.eventId, { stream, sinks: [sinkName(sink)] });
      else known.sinks.push(sinkName(sink));
    }
  }
  const streams = [...holders.values()].map(({ stream, sinks: holding }) => ({
    ...stream,
    sinks: holding.length === asked ? undefined : holding,
  }));
  return { chainHeads, streams };
}
