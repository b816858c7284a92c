import { hash } from 'node:crypto';

/** Each kind of finding, and what it may mean. `docs/evidence.md` says which manipulations lead to which. */
const FINDING_MEANINGS = {
  // Lines and members.
  unreadable_line: 'A line was damaged or replaced, or another program writes to the same file.',
  torn_line: 'The process crashed while it wrote the line, or the line was cut.',
  changed_event: 'The event was edited after it was written.',
  duplicate_member: 'The line was edited so that some programs read another value than was hashed.',
  lost_digits: 'The line was edited, or another program wrote it with numbers that most programs round.',
  missing_hash: 'The hash was removed, or another program wrote the event.',
  invalid_id: 'The event was edited, or another program wrote it.',
  invalid_timestamp: 'The event was edited, or another program wrote it.',
  unknown_type: 'A newer version wrote the event. Its content is covered by the hashes as any other.',
  unexpected_proof: 'The member was added afterwards: no hash covers it.',
  // The chain and the order of events.
  removed_event: 'An event was removed, or was changed together with its hash, or was lost.',
  reordered_event: 'Lines were moved, or files were given in the wrong order.',
  inserted_event: 'An event was added that the process did not write.',
  duplicate_id: 'A line was copied, or a file was given twice.',
  chain_restart: 'The process forgot the earlier events of the session, or somebody removed them.',
  time_goes_back: 'The clock was set back, the application gave a time of its own, or an event was forged.',
  // Sessions and spans.
  missing_session: 'The beginning of the session was removed, or is in a file that was not given.',
  missing_start: 'The START was removed, or is in a file that was not given.',
  missing_end: 'The END was removed, or the process ended before it was written.',
  second_start: 'An event was added, or the application used an id twice.',
  second_end: 'An event was added, or the application used an id twice.',
  wrong_order: 'Lines were moved or added.',
  wrong_parent: 'An event was edited, or another program wrote it.',
  orphan_parent: 'The events of the parent were removed, or are in a file that was not given.',
  parent_cycle: 'An event was edited, or another program wrote it.',
  wrong_count: 'Events were removed or added, or the sink lost some.',
  // Streams.
  missing_stream: 'The events of a process were removed or forged, or are in a file that was not given.',
  unclosed_stream:
    'The end was cut off or forged, the process crashed and nothing was written since, or it still runs.',
  crashed_stream: 'The process was killed or crashed. Nothing shows that anybody changed the file.',
  stray_event: 'An event was forged: the session of a stream has no events of the application.',
  dropped_events: 'The sink could not take the events in time. Nothing shows that anybody changed the file.',
  wrong_digest: 'Events were changed together with their hashes, or were replaced by others.',
  // Checkpoints, cosignatures and anchors.
  missing_checkpoint: 'Checkpoints were removed, or the stream was forged without the key.',
  bad_checkpoint: 'The checkpoint was forged, or the key is not that of the application.',
  repeated_checkpoint: 'A checkpoint was copied.',
  inconsistent_checkpoint:
    'The events are not those that were signed: events were changed with their hashes.',
  unsigned_events: 'The process ended before it signed them: nothing proves that they are unchanged.',
  bad_end_proof: 'The end of the stream was forged, or the signature was removed.',
  missing_cosignature:
    'The witness did not sign any checkpoint of the stream, or its signatures were removed.',
  bad_cosignature: 'The cosignature was forged, or the witness has another key.',
  bad_anchor: 'The note is not an anchor of this application, or it was damaged.',
  missing_anchor: 'The file was rolled back or cut: it had more events when the anchor was made.',
  different_anchor: 'The file was rewritten: it had other events when the anchor was made.',
  limit_reached:
    'The input is larger or stranger than this check can hold in memory: split it and verify the parts.',
} as const;

/** The kinds of problems that a stream of events can have. */
export type FindingCode = keyof typeof FINDING_MEANINGS;

/** One problem, or one thing that a reader should know. */
export interface Finding {
  /** Line of the input, counted from 1; 0 if the finding is not about one line. */
  readonly line: number;
  /** An `error` means that the stream is not as it was written, a `warning` that something is not proven. */
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** The problem in one sentence. */
  readonly message: string;
  /** The usual cause of such a finding, in one sentence; the same for all findings of a code. */
  readonly meaning: string;
  readonly sessionId?: string;
  readonly eventId?: string;
}

/** The result of a verification. */
export interface VerificationReport {
  /** Number of events read. */
  readonly events: number;
  readonly sessions: number;
  /** Number of streams: each process, or each processor in it, writes one. */
  readonly streams: number;
  /** Number of signed checkpoints with a valid signature. */
  readonly checkpoints: number;
  /** Number of valid cosignatures of witnesses. */
  readonly cosignatures: number;
  /** Number of given anchors that the stream agrees with. */
  readonly anchors: number;
  /** The keys that signed checkpoints, as C2SP verifier keys (`name+id+base64`). */
  readonly signers: readonly string[];
  readonly findings: readonly Finding[];
  /** Number of findings beyond those that are listed. */
  readonly findingsOmitted: number;
}

/** Maximum number of findings that are kept. More are of no use for a stream that is wrong throughout. */
const MAX_FINDINGS = 10_000;

/** The event that a finding is about. */
export interface Subject {
  readonly line: number;
  readonly eventId?: string;
  readonly sessionId?: string;
}

/** Collects findings and returns them in the order of their lines. */
export class Findings {
  omitted = 0;
  readonly #found: Finding[] = [];
  readonly #once = new Set<string>();

  error(code: FindingCode, subject: Subject, message: string): void {
    this.add('error', code, subject, message);
  }

  warning(code: FindingCode, subject: Subject, message: string): void {
    this.add('warning', code, subject, message);
  }

  /** Reports that something can no longer be checked, once for each limit. */
  limit(severity: Finding['severity'], subject: Subject, message: string): void {
    if (this.#once.has(message)) return;
    this.#once.add(message);
    this.add(severity, 'limit_reached', subject, message);
  }

  add(severity: Finding['severity'], code: FindingCode, subject: Subject, message: string): void {
    if (this.#found.length >= MAX_FINDINGS) {
      this.omitted += 1;
      return;
    }
    const { line, eventId, sessionId } = subject;
    this.#found.push({
      line,
      severity,
      code,
      message,
      meaning: FINDING_MEANINGS[code],
      ...(sessionId !== undefined && { sessionId }),
      ...(eventId !== undefined && { eventId }),
    });
  }

  sorted(): readonly Finding[] {
    return this.#found.sort((a, b) => a.line - b.line);
  }
}

/** Longer texts of the input are cut in a message. */
export const LONGEST_SHOWN = 200;

/** A value of the input for a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= LONGEST_SHOWN ? value : `${value.slice(0, LONGEST_SHOWN)}…`;
  }
  // An object of the input can have a `toString` that is not a function.
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A text of the input as a key to remember: a line can have ids of many megabytes. */
export function keyOf(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : hash('sha256', text);
}
