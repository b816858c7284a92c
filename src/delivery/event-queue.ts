import type { ChaukasEvent } from '../chaukas/event.js';
import type { SealedEvent } from '../chaukas/sealed-event.js';
import { DeliveryError } from '../sinks/delivery-error.js';
import { type EventSink, type SendOptions, type StoredEvents, sinkName } from '../sinks/event-sink.js';
import type { DeliveryDestination, DeliveryQueueOptions } from './delivery-destination.js';
import { DeliveryQueue } from './delivery-queue.js';
import { lineOf } from './waiting-items.js';

export interface EventQueueOptions extends Omit<DeliveryQueueOptions<SealedEvent>, 'restore'> {
  /** Whether the sink gets its own copy of each event, because other sinks get the event too. */
  readonly copyEvents?: boolean;
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

  constructor(sink: EventSink, { copyEvents = false, name = sinkName(sink), ...options }: EventQueueOptions) {
    super(destinationOf(sink, name, copyEvents), { ...options, restore: (line) => new SpooledEvent(line) });
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

/** An event from the spool, which is parsed when a sink needs more than its line. */
class SpooledEvent implements SealedEvent {
  #event: ChaukasEvent | undefined;

  constructor(readonly line: string) {}

  get event(): ChaukasEvent {
    this.#event ??= JSON.parse(this.line) as ChaukasEvent;
    return this.#event;
  }
}

/** Returns the sink as a destination of events with their lines. */
function destinationOf(sink: EventSink, name: string, copyEvents: boolean): DeliveryDestination<SealedEvent> {
  const toEvent = copyEvents ? copyOf : eventOf;
  const { sendSync } = sink;
  return {
    name,
    delivery: sink.delivery,
    send: (items, options) => sendEvents(sink, items, toEvent, options),
    ...(sendSync !== undefined && {
      sendSync: (items: readonly SealedEvent[]) => sendSync.call(sink, items.map(toEvent), items.map(lineOf)),
    }),
    forceFlush: () => sink.forceFlush(),
    shutdown: () => sink.shutdown(),
  };
}

/** A record of the spool that the disk has damaged is refused, so that it does not hold up the events behind it. */
async function sendEvents(
  sink: EventSink,
  items: readonly SealedEvent[],
  toEvent: (item: SealedEvent) => ChaukasEvent,
  options: SendOptions,
): Promise<void> {
  const events: ChaukasEvent[] = [];
  let damage: unknown;
  for (const item of items) {
    try {
      events.push(toEvent(item));
    } catch (error) {
      damage = error;
      break;
    }
  }
  const { length } = events;
  if (length > 0) await sink.send(events, items.slice(0, length).map(lineOf), options);
  if (length === items.length) return;
  const message = 'a record of the spool is damaged';
  throw new DeliveryError(message, { outcome: 'refused', delivered: length, affected: 1, cause: damage });
}

function eventOf({ event }: SealedEvent): ChaukasEvent {
  return event;
}

/** Returns a copy of the event, so that a sink cannot change what other sinks get. */
function copyOf({ line }: SealedEvent): ChaukasEvent {
  return JSON.parse(line) as ChaukasEvent;
}
