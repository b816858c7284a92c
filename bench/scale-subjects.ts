/** Things that there may be many of. One more must cost the same, however many there are. */
export const SCALE_SUBJECTS = {
  openSpans: {
    file: 'scale-open-spans',
    title: 'A call while other spans are open',
    many: 'open spans',
    unit: 'µs a call',
    counts: [10, 100, 1_000, 10_000, 100_000],
    hasBare: false,
  },
  sessionEvents: {
    file: 'scale-session-events',
    title: 'One more event of a session',
    many: 'events of the session',
    unit: 'µs an event',
    counts: [10, 100, 1_000, 10_000, 100_000],
    hasBare: false,
  },
  messages: {
    file: 'scale-messages',
    title: 'A call with a conversation',
    many: 'messages',
    unit: 'µs a call, above the bare client',
    counts: [10, 32, 100, 320, 1_000],
    hasBare: true,
  },
  streams: {
    file: 'scale-streams',
    title: 'A chunk of one of many streams',
    many: 'streams at once',
    unit: 'µs a chunk, above the bare client',
    counts: [1, 4, 16, 64],
    hasBare: true,
  },
} as const;

export type ScaleSubject = keyof typeof SCALE_SUBJECTS;
export type ScaleVariant = 'bare' | 'ours';
