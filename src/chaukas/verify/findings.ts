import type { Finding, FindingCode } from './finding.js';

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
