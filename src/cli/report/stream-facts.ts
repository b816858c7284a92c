import { CHECKPOINT_MESSAGE, parseCheckpoint } from '../../chaukas/transparency-log/checkpoint-note.js';
import { parseNote } from '../../chaukas/transparency-log/signed-note.js';
import { asArray, asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import { excerpt, jsonExcerpt } from '../events/event-summary.js';
import type { ReadEvent } from '../input/read-events.js';
import { LimitedRows } from './page.js';

/** A stream: everything that one processor wrote. */
export interface StreamFact {
  readonly id: string;
  opened: string;
  processId: string;
  /** The streams before it in its file, as its START names them. */
  previous: string;
  /** Number of its events in the input. */
  events: number;
  /** The time of its END; empty if there is none. */
  ended: string;
  reason: string;
  /** Whether its END says that it is complete; `undefined` without an END. */
  closed: boolean | undefined;
  /** The number of events that its END states. */
  stated: number | undefined;
}

/** The events that a sink had delivered and dropped when its stream ended. */
export interface SinkFact {
  readonly stream: string;
  readonly name: string;
  readonly delivered: number | undefined;
  readonly dropped: number | undefined;
}

/** A program that ran, with its versions and options. */
export interface SetupFact {
  readonly time: string;
  readonly stream: string;
  readonly message: string;
  readonly versions: string;
  readonly config: string;
}

/** A signed checkpoint, as the file has it. Whether its signature is valid is a matter of the verification. */
export interface CheckpointFact {
  readonly stream: string;
  readonly number: string;
  readonly time: string;
  readonly size: string;
  readonly root: string;
  readonly signers: string;
  readonly final: boolean;
}

/** The longest identifier that is shown and remembered. */
export const LONGEST_ID = 200;
const LONGEST_SETTING = 2000;
/** Streams whose events are counted. A file may have a new one in every line. */
const MAX_STREAMS = 10_000;

/** The facts in the events of stream sessions. */
export class StreamFacts {
  readonly streams = new Map<string, StreamFact>();
  /** Streams beyond {@link MAX_STREAMS}. */
  uncounted = 0;
  readonly sinks: LimitedRows<SinkFact>;
  readonly setups: LimitedRows<SetupFact>;
  readonly checkpoints: LimitedRows<CheckpointFact>;

  /** @param maxRows - of each list. */
  constructor(maxRows: number) {
    this.sinks = new LimitedRows(maxRows);
    this.setups = new LimitedRows(maxRows);
    this.checkpoints = new LimitedRows(maxRows);
  }

  /** Counts an event of a stream; `undefined` is an event whose session names none. */
  count(streamId: string | undefined): void {
    const stream = streamId === undefined ? undefined : this.streams.get(streamId);
    if (stream !== undefined) stream.events += 1;
  }

  /** @param event - a SESSION_START that names a stream: that of the stream itself, or of a session in it. */
  started(event: ReadEvent, streamId: string): void {
    const metadata = asRecord(event.metadata);
    let stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.streams.size >= MAX_STREAMS) {
        this.uncounted += 1;
        return;
      }
      stream = newStream(streamId);
      this.streams.set(streamId, stream);
    }
    if (idOf(event.session_id) !== streamId) return;
    stream.opened = shortText(event.timestamp);
    stream.processId = shortText(metadata?.process_id);
    stream.previous = asArray(metadata?.previous_streams).slice(0, 10).map(previousStream).join('; ');
  }

  /** @param event - a SESSION_END. */
  ended(event: ReadEvent): void {
    const id = idOf(event.session_id);
    const stream = this.streams.get(id);
    const metadata = asRecord(event.metadata);
    if (stream === undefined || metadata === undefined) return;
    stream.ended = shortText(event.timestamp);
    stream.reason = shortText(metadata.reason);
    stream.closed = metadata.closed === true;
    stream.stated = asNumber(metadata.stream_event_count);
    for (const entry of asArray(metadata.sinks)) {
      const sink = asRecord(entry);
      this.sinks.add(() => ({
        stream: id,
        name: shortText(sink?.name),
        delivered: asNumber(sink?.delivered),
        dropped: asNumber(sink?.dropped),
      }));
    }
  }

  /** @param event - a SYSTEM event. */
  system(event: ReadEvent): void {
    const metadata = asRecord(event.metadata);
    const stream = idOf(event.session_id);
    if (typeof metadata?.checkpoint === 'string') this.#checkpoint(metadata, metadata.checkpoint, stream);
    if (metadata?.versions === undefined && metadata?.config === undefined) return;
    this.setups.add(() => ({
      time: shortText(event.timestamp),
      stream,
      message: shortText(metadata.message),
      versions: members(metadata.versions),
      config: members(metadata.config),
    }));
  }

  #checkpoint(metadata: UnknownRecord, text: string, stream: string): void {
    // A cosigned checkpoint stands in the file already.
    if (metadata.message !== CHECKPOINT_MESSAGE) return;
    this.checkpoints.add(() => {
      const note = parseNote(text);
      const checkpoint = note && parseCheckpoint(note.text);
      return {
        stream,
        number: checkpoint?.number === undefined ? 'not a checkpoint' : String(checkpoint.number),
        time: shortText(checkpoint?.time),
        size: checkpoint === undefined ? '' : String(checkpoint.size),
        root: shortText(checkpoint?.root),
        signers: shortText(note?.signatures.map(({ name, keyId }) => `${name} (${keyId})`).join(', ')),
        final: checkpoint?.isFinal === true,
      };
    });
  }
}

function newStream(id: string): StreamFact {
  return {
    id,
    opened: '',
    processId: '',
    previous: '',
    events: 0,
    ended: '',
    reason: '',
    closed: undefined,
    stated: undefined,
  };
}

function previousStream(entry: unknown): string {
  const { stream_id: id, closed, event_id: last } = asRecord(entry) ?? {};
  const state = closed === true ? 'closed' : 'not closed';
  return `${shortText(id) || 'unknown'} (${state}, last event ${shortText(last)})`;
}

/** The members of an object as one text: `node 22.14.0, openai 7.55.0`. */
function members(value: unknown): string {
  const object = asRecord(value);
  if (object === undefined) return '';
  const shown = Object.entries(object).map(
    ([name, member]) =>
      `${name} ${typeof member === 'string' ? member : jsonExcerpt(member, LONGEST_SETTING)}`,
  );
  return excerpt(shown.join(', '), LONGEST_SETTING);
}

/** An identifier of an event. An id that is far too long is cut, which no id of this package is. */
export function idOf(value: unknown): string {
  return excerpt(asNonEmptyString(value) ?? '', LONGEST_ID);
}

/** A text or a number of an event, cut; empty if there is neither. */
export function shortText(value: unknown, max = LONGEST_ID): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? excerpt(value, max) : '';
}
