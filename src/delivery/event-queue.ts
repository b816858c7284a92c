import type { ChaukasEvent } from '../chaukas/event.js';
import { type SealedEvent, SealedLine } from '../chaukas/sealed-event.js';
import { DeliveryError } from '../sinks/delivery-error.js';
import { type EventSink, type SendOptions, type StoredEvents, sinkName } from '../sinks/event-sink.js';
import type { DeliveryDestination, DeliveryQueueOptions } from './delivery-destination.js';
import { DeliveryQueue } from './delivery-queue.js';
import { lineOf } from './waiting-items.js';

export interface EventQueueOptions extends Omit<DeliveryQueueOptions<SealedEvent>, 'restore'> {
  /**
   * Name in messages and counts, and of the folder in the spool.
   *
   * @defaultValue that of the sink
   */
  readonly name?: string;
}

/** The queue of events to one sink. */
export class EventQueue extends DeliveryQueue<SealedEvent> {
  readonly #sink: EventSink;

  constructor(sink: EventSink, { name = sinkName(sink), ...options }: EventQueueOptions) {
    super(destinationOf(sink, name), { ...options, restore: (line) => new SpooledEvent(line) });
    this.#sink = sink;
  }

  /**
   * Returns the events of earlier processes in the sink and in the spool; `undefined` if neither can tell. Those in the
   * spool are newer.
   */
  heldEvents(): StoredEvents | undefined {
    const delivered = this.#sink.storedEvents?.();
    const spooled = this.spooledEvents();
    if (spooled === undefined || spooled.streams.length === 0) return delivered;
    const newer = new Set(spooled.streams.map(({ streamId }) => streamId));
    return {
      chainHeads: new Map([...(delivered?.chainHeads ?? []), ...spooled.chainHeads]),
      streams: [
        ...spooled.streams,
        ...(delivered?.streams ?? []).filter(({ streamId }) => !newer.has(streamId)),
      ],
    };
  }
}

/** An event from the spool. The disk may have damaged its line. */
class SpooledEvent extends SealedLine {}

/** Returns the sink as a destination of events with their lines. */
function destinationOf(sink: EventSink, name: string): DeliveryDestination<SealedEvent> {
  const { sendSync } = sink;
  const toEvents = sink.linesOnly === true ? () => [] : (items: readonly SealedEvent[]) => items.map(eventOf);
  return {
    name,
    delivery: sink.delivery,
    send: (items, options) => sendEvents(sink, items, options),
    ...(sendSync !== undefined && {
      sendSync: (items: readonly SealedEvent[]) => sendSync.call(sink, toEvents(items), items.map(lineOf)),
    }),
    forceFlush: () => sink.forceFlush(),
    shutdown: () => sink.shutdown(),
  };
}

/**
 * Makes the events objects, unless the sink uses lines only. Each sink gets its own, which it may change. A record of the
 * spool that the disk has damaged is refused, so that it does not hold up the events behind it.
 */
async function sendEvents(
  sink: EventSink,
  items: readonly SealedEvent[],
  options: SendOptions,
): Promise<void> {
  const linesOnly = sink.linesOnly === true;
  const events: ChaukasEvent[] = [];
  let length = 0;
  let damage: unknown;
  for (const item of items) {
    try {
      if (!linesOnly) events.push(item.event);
      else if (item instanceof SpooledEvent) JSON.parse(item.line);
    } catch (error) {
      damage = error;
      break;
    }
    length += 1;
  }
  if (length > 0) await sink.send(events, items.slice(0, length).map(lineOf), options);
  if (length === items.length) return;
  const message = 'a record of the spool is damaged';
  throw new DeliveryError(message, { outcome: 'refused', delivered: length, affected: 1, cause: damage });
}

function eventOf({ event }: SealedEvent): ChaukasEvent {
  return event;
}
