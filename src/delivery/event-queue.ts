import type { ChaukasEvent } from '../chaukas/event.js';
import type { SealedEvent } from '../chaukas/sealed-event.js';
import type { SendOptions } from '../sinks/event-sink.js';
import { type EventSink, sinkName } from '../sinks/event-sink.js';
import { type DeliveryDestination, DeliveryQueue, type DeliveryQueueOptions } from './delivery-queue.js';

export interface EventQueueOptions extends DeliveryQueueOptions {
  /** Whether the sink gets its own copy of each event, because other sinks get the event too. */
  readonly copyEvents?: boolean;
}

/** The queue of events to one sink. */
export class EventQueue extends DeliveryQueue<SealedEvent> {
  constructor(sink: EventSink, { copyEvents = false, ...options }: EventQueueOptions) {
    super(destinationOf(sink, copyEvents), options);
  }
}

/** Returns the sink as a destination of events with their lines. */
function destinationOf(sink: EventSink, copyEvents: boolean): DeliveryDestination<SealedEvent> {
  const eventsOf = (items: readonly SealedEvent[]): ChaukasEvent[] =>
    items.map(copyEvents ? copyOf : eventOf);
  return {
    name: sinkName(sink),
    delivery: sink.delivery,
    send: (items, options: SendOptions) => sink.send(eventsOf(items), items.map(lineOf), options),
    ...(sink.sendSync !== undefined && {
      sendSync: (items: readonly SealedEvent[]) => sink.sendSync?.(eventsOf(items), items.map(lineOf)),
    }),
    forceFlush: () => sink.forceFlush(),
    shutdown: () => sink.shutdown(),
  };
}

function eventOf({ event }: SealedEvent): ChaukasEvent {
  return event;
}

/** Returns a copy of the event, so that a sink cannot change what other sinks get. */
function copyOf({ line }: SealedEvent): ChaukasEvent {
  return JSON.parse(line) as ChaukasEvent;
}

function lineOf({ line }: SealedEvent): string {
  return line;
}
