/** Findings that are kept; of a stream that is all wrong, more help nobody. */
const MAX_FINDINGS = 10_000;

/** An event of the stream, as far as findings tell of it. */
export interface Subject {
  readonly line: number;
  readonly eventId?: string;
  readonly sessionId?: string;
}

/** Collects what is found, in the order of the lines in the end. */
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

/** What can be wrong with a stream of events. */
export type FindingCode =
  | 'unreadable_line'
  | 'torn_line'
  | 'changed_event'
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

/** One thing that is wrong, or that a reader should know. */
export interface Finding {
  /** Of the input, counted from 1; 0 where no line is to blame. */
  readonly line: number;
  /** An `error` says that the stream is not what was written; a `warning`, what it does not prove. */
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** What is wrong, in words. */
  readonly message: string;
  readonly sessionId?: string;
  readonly eventId?: string;
}

/** What a verification found. */
export interface VerificationReport {
  /** Events that were read. */
  readonly events: number;
  readonly sessions: number;
  /** Signed checkpoints whose signature is right. */
  readonly checkpoints: number;
  readonly findings: readonly Finding[];
  /** Beyond those that are listed. */
  readonly findingsOmitted: number;
}
