import type { ChaukasEvent } from '../../chaukas/event.js';
import { toCloudEvent } from '../../cloudevents/cloud-event.js';
import type { EventLine } from '../input/read-lines.js';
import { csvHeader, csvRow } from './csv-row.js';

/** A form that events can be written in. */
export interface Format {
  /** What stands before the first event. */
  readonly header?: string;
  /**
   * The event, its end of line included.
   *
   * @throws Error - where the form cannot carry it.
   */
  write(line: EventLine): string;
}

export const FORMAT_NAMES = ['jsonl', 'rest', 'cloudevents', 'csv'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** Loaded when it is asked for: one of them needs the wire format, and with it protobuf. */
export const FORMATS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  jsonl: async () => ({
    // The line as it was, and not what JSON.parse made of it: a number must not lose digits, nor a hash its event.
    write: ({ line }) => `${line.text.trim()}\n`,
  }),
  rest: async () => {
    const { eventToRestJson } = await import('../../chaukas/wire/event-rest-json.js');
    return { write: ({ event }) => `${eventToRestJson(asEvent(event))}\n` };
  },
  cloudevents: async () => ({
    write: ({ event }) => `${JSON.stringify(toCloudEvent(asEvent(event)))}\n`,
  }),
  csv: async () => ({ header: csvHeader(), write: ({ event }) => csvRow(event) }),
};

/** Both look at each member themselves. */
function asEvent(event: EventLine['event']): ChaukasEvent {
  return event as unknown as ChaukasEvent;
}
