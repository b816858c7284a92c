/** The kinds of problems that a stream of events can have. */
export type FindingCode =
  | 'unreadable_line'
  | 'torn_line'
  | 'changed_event'
  | 'duplicate_member'
  | 'lost_digits'
  | 'removed_event'
  | 'reordered_event'
  | 'inserted_event'
  | 'missing_hash'
  | 'duplicate_id'
  | 'invalid_id'
  | 'invalid_timestamp'
  | 'missing_session'
  | 'missing_start'
  | 'missing_end'
  | 'second_start'
  | 'second_end'
  | 'wrong_order'
  | 'wrong_parent'
  | 'orphan_parent'
  | 'parent_cycle'
  | 'wrong_count'
  | 'chain_restart'
  | 'unknown_type'
  | 'bad_checkpoint'
  | 'missing_checkpoint'
  | 'unsigned_events';

/** One problem, or one thing that a reader should know. */
export interface Finding {
  /** Line of the input, counted from 1; 0 if the finding is not about one line. */
  readonly line: number;
  /** An `error` means that the stream is not as it was written, a `warning` that something is not proven. */
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** The problem in one sentence. */
  readonly message: string;
  readonly sessionId?: string;
  readonly eventId?: string;
}

/** The result of a verification. */
export interface VerificationReport {
  /** Number of events read. */
  readonly events: number;
  readonly sessions: number;
  /** Number of signed checkpoints with a valid signature. */
  readonly checkpoints: number;
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

  error(code: FindingCode, subject: Subject, message: string): void {
    this.#add('error', code, subject, message);
  }

  warning(code: FindingCode, subject: Subject, message: string): void {
    this.#add('warning', code, subject, message);
  }

  sorted(): readonly Finding[] {
    return this.#found.sort((a, b) => a.line - b.line);
  }

  #add(severity: Finding['severity'], code: FindingCode, subject: Subject, message: string): void {
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
      ...(sessionId !== undefined && { sessionId }),
      ...(eventId !== undefined && { eventId }),
    });
  }
}
