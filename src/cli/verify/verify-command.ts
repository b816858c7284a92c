import { EventVerifier } from '../../chaukas/verify/event-verifier.js';
import type { Finding, VerificationReport } from '../../chaukas/verify/findings.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { LINE_TOO_LONG, readLines } from '../input/read-events.js';
import { readVerifierKeys } from '../input/verifier-keys.js';
import { counted } from '../output/quantities.js';
import type { Piece, TextLine } from '../output/text-line.js';

interface VerifyOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** The public keys that may have signed checkpoints, or their files. */
  readonly publicKeys: readonly string[];
  /** Whether warnings count as findings. */
  readonly strict: boolean;
}

/** Verifies all inputs as one stream, in their order: a session may begin in one file and end in the next. */
export async function verifyCommand(run: CommandRun, options: VerifyOptions): Promise<ExitCode> {
  const keys = await readVerifierKeys('--public-key', options.publicKeys, 'ed25519', run.messages);
  if (keys === undefined) return EXIT.usage;
  const publicKeys = keys.map(({ key }) => key);
  const verifier = new EventVerifier({ publicKeys });
  const origins = new LineOrigins();
  for (const input of run.inputs(options.files)) {
    origins.begin(input.name);
    for await (const lines of readLines(input, run.report, run.progress)) {
      for (const line of lines) {
        const number = origins.inStream(line.number);
        if (line.tooLong) run.report.line(input.name, line.number, LINE_TOO_LONG);
        else verifier.add(line.text, number);
      }
    }
  }
  const report = verifier.end();
  if (options.json) run.output.json(verificationJson(report, origins));
  else run.output.lines(verificationLines(report, origins, publicKeys.length > 0));
  return exitCode(report, run, options);
}

/**
 * Findings outweigh unreadable input. Omitted findings count as errors, since they may be. A stream without events proves
 * nothing, so it is not a success.
 */
export function exitCode(report: VerificationReport, run: CommandRun, { strict }: VerifyOptions): ExitCode {
  const counted = report.findings.filter(({ severity }) => strict || severity === 'error');
  if (counted.length > 0 || report.findingsOmitted > 0) return EXIT.findings;
  return run.report.complete && report.events > 0 ? EXIT.ok : EXIT.input;
}

/** Input and line of a line in the stream. */
interface LineOrigin {
  readonly input: string;
  readonly line: number;
}

/** Maps lines of the stream back to the inputs, which are verified as one stream. */
export class LineOrigins {
  readonly #inputs: { readonly name: string; readonly offset: number }[] = [];
  #lines = 0;

  begin(input: string): void {
    this.#inputs.push({ name: input, offset: this.#lines });
  }

  /** The number in the stream of a line of the newest input. Must be called in the order of the lines. */
  inStream(lineNumber: number): number {
    this.#lines = (this.#inputs.at(-1)?.offset ?? 0) + lineNumber;
    return this.#lines;
  }

  /** `undefined` for line 0, which stands for no line. */
  of(lineInStream: number): LineOrigin | undefined {
    if (lineInStream < 1) return undefined;
    const input = this.#inputs.findLast(({ offset }) => offset < lineInStream);
    return input && { input: input.name, line: lineInStream - input.offset };
  }
}

/** The report as one object with names as in events. Each finding has its file and the line in that file. */
function verificationJson(report: VerificationReport, origins: LineOrigins): Record<string, unknown> {
  return {
    events: report.events,
    sessions: report.sessions,
    checkpoints: report.checkpoints,
    findings: report.findings.map(({ line, severity, code, message, sessionId, eventId }) => {
      const origin = origins.of(line);
      return {
        file: origin?.input ?? null,
        line: origin?.line ?? null,
        severity,
        code,
        message,
        // JSON leaves out members that are `undefined`.
        session_id: sessionId,
        event_id: eventId,
      };
    }),
    findings_omitted: report.findingsOmitted,
  };
}

/** One line per finding, and a summary in the last line. */
function verificationLines(
  report: VerificationReport,
  origins: LineOrigins,
  signaturesChecked: boolean,
): TextLine[] {
  const lines = report.findings.map((finding) => findingLine(finding, origins));
  if (report.findingsOmitted > 0) lines.push([`and ${counted(report.findingsOmitted, 'more finding')}`]);
  return [...lines, summary(report, signaturesChecked)];
}

function findingLine(finding: Finding, origins: LineOrigins): TextLine {
  const { line, severity, code, message, sessionId, eventId } = finding;
  const origin = origins.of(line);
  const about = [
    ...(sessionId === undefined ? [] : [`session ${sessionId}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
  ].join(', ');
  const where: Piece[] = origin === undefined ? [] : [`${origin.input}:${origin.line}: `];
  return [
    ...where,
    [severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`],
    `: ${message}`,
    ...(about === '' ? [] : [['dim', ` (${about})`] as Piece]),
  ];
}

function summary(
  { events, sessions, checkpoints, findings, findingsOmitted }: VerificationReport,
  signaturesChecked: boolean,
): TextLine {
  const checked = [
    counted(events, 'event'),
    counted(sessions, 'session'),
    signaturesChecked ? counted(checkpoints, 'signed checkpoint') : 'signatures not checked',
  ].join(', ');
  if (events === 0 && findings.length === 0) return [`${checked}: `, ['yellow', 'nothing to verify']];
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  if (findingsOmitted > 0)
    return [`${checked}: `, ['red', counted(findings.length + findingsOmitted, 'finding')]];
  if (errors === 0 && warnings === 0) return [`${checked}: `, ['green', 'no problems found']];
  const found = [counted(errors, 'error'), counted(warnings, 'warning')].join(', ');
  return [`${checked}: `, [errors > 0 ? 'red' : 'yellow', found]];
}
