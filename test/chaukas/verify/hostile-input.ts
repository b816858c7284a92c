/** Long inputs that are made to occupy a verifier. Each line is a valid event for itself. */
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';

export const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');

/** A line with the given members, and a valid hash. */
export function hostileLine(index: number, change: Partial<ChaukasEvent>): string {
  const event = {
    event_id: `01931f2a-7c00-7000-8000-${hex(index, 12)}`,
    type: 'EVENT_TYPE_SYSTEM',
    timestamp: '2026-01-01T00:00:00Z',
    session_id: 's',
    trace_id: '1'.repeat(32),
    span_id: hex(index + 1, 16),
    parent_span_id: hex(1, 16),
    ...change,
  } as ChaukasEvent;
  return canonicalJson({ ...event, content_hash: contentHash(event) } as never);
}

type Line = (index: number) => string;

const line =
  (change: (index: number) => object): Line =>
  (index) =>
    hostileLine(index, change(index) as Partial<ChaukasEvent>);

/** Begins with the START of a stream that is signed, and goes on in it. */
const inStream =
  (change: (index: number) => object): Line =>
  (index) =>
    hostileLine(index, {
      session_id: 'checkpoints-1',
      ...(index === 0
        ? { type: 'EVENT_TYPE_SESSION_START', metadata: { stream_id: 'checkpoints-1' } }
        : (change(index) as Partial<ChaukasEvent>)),
    });

const START = 'EVENT_TYPE_SESSION_START';

const checkpoint = (index: number, size: number, more: object = {}) => ({
  metadata: {
    message: 'checkpoint',
    checkpoint: `checkpoints-1\n${size}\n${'A'.repeat(43)}=\ncheckpoint ${index}\n\n— audit ${'A'.repeat(92)}\n`,
    last_event_id: `01931f2a-7c00-7000-8000-${hex(size - 1, 12)}`,
    ...more,
  },
});

export const HOSTILE: Readonly<Record<string, Line>> = {
  'none of which follows another': line((index) => ({ hash_prev: hex(index * 7 + 3, 64) })),
  'all of which follow one': line(() => ({ hash_prev: hex(1, 64) })),
  'each beneath the next one': line((index) => ({ parent_span_id: hex(index + 2, 16) })),
  'each beneath a span that never comes': line((index) => ({ parent_span_id: hex(index + 2, 15) })),
  'that all start one span': line(() => ({ type: 'EVENT_TYPE_AGENT_START', span_id: hex(1, 16) })),
  'that all start a span': line(() => ({ type: 'EVENT_TYPE_AGENT_START' })),
  'with families of their own on one span': line((index) => ({
    type: `EVENT_TYPE_X${index}_START`,
    span_id: hex(1, 16),
  })),
  'each of a session of its own': line((index) => ({ session_id: `s${index}` })),
  'each of which starts a session': line((index) => ({
    session_id: `s${index}`,
    type: START,
    parent_span_id: undefined,
  })),
  'each of which starts a stream': line((index) => ({
    session_id: `stream-${index}`,
    type: START,
    metadata: { stream_id: `stream-${index}` },
  })),
  'each of which starts one session in another stream': line((index) => ({
    type: START,
    metadata: { stream_id: `stream-${index % 9_000}` },
  })),
  'that name a thousand earlier streams': line((index) => ({
    session_id: 'stream-1',
    type: START,
    metadata: {
      stream_id: 'stream-1',
      previous_streams: Array.from({ length: index % 100 === 0 ? 1_000 : 1 }, (_each, at) => ({
        stream_id: `stream-${at}`,
      })),
    },
  })),
  'whose ids descend': line((index) => ({ event_id: `01931f2a-7c00-7000-8000-${hex(2 ** 40 - index, 12)}` })),
  'whose ids are all the same': line((index) => ({
    event_id: `01931f2a-7c00-7000-8000-${hex(1, 12)}`,
    tags: [String(index)],
  })),
  'whose ids and sessions are a kilobyte long': line((index) => ({
    event_id: hex(index, 1_000),
    session_id: hex(index, 1_000),
  })),
  'in a signed stream without checkpoints': inStream(() => ({})),
  'each of which is a checkpoint over the events before': inStream((index) => checkpoint(index, index)),
  'each of which is a checkpoint over few events': inStream((index) =>
    checkpoint(index, Math.floor(index / 100) + 1),
  ),
  'each of which is a checkpoint over more events than there are': inStream((index) =>
    checkpoint(index, index * 2, { subtrees: Array.from({ length: 40 }, () => `${'A'.repeat(43)}=`) }),
  ),
  'that are not JSON': (index) => `{"event_id":"${index}`,
  'that are no events': () => '{}',
};

export function* hostileInput(make: Line, count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) yield make(index);
}
