import type { Finding, VerificationReport } from '../../chaukas/verify/findings.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { counted } from '../output/quantities.js';
import type { Piece, TextLine } from '../output/text-line.js';
import { ScanThreadFailure, type ThreadCount } from './scan-threads.js';
import {
  type EvidenceFiles,
  exitCode,
  type GivenEvidence,
  type LineOrigins,
  readEvidence,
  verifyInputs,
} from './verified-inputs.js';

interface VerifyOptions extends EvidenceFiles {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Whether warnings count as findings. */
  readonly strict: boolean;
  readonly jobs: ThreadCount;
}

export async function verifyCommand(run: CommandRun, options: VerifyOptions): Promise<ExitCode> {
  const given = await readEvidence(options, run.messages);
  if (given === undefined) return EXIT.usage;
  const { jobs } = options;
  let result: Awaited<ReturnType<typeof verifyInputs>>;
  try {
    result = await verifyInputs(run, run.inputs(options.files), given, { jobs });
  } catch (error) {
    if (!(error instanceof ScanThreadFailure)) throw error;
    run.messages.print(`a thread that checks lines failed (${error.message}); run it again with --jobs 1`);
    return EXIT.failure;
  }
  const { report, origins } = result;
  if (options.json) run.output.json(verificationJson(report, origins));
  else run.output.lines(verificationLines(report, origins, given));
  return exitCode(report, run, options);
}

/** The report as one object with names as in events. Each finding has its file and the line in that file. */
function verificationJson(report: VerificationReport, origins: LineOrigins): Record<string, unknown> {
  return {
    events: report.events,
    sessions: report.sessions,
    streams: report.streams,
    checkpoints: report.checkpoints,
    cosignatures: report.cosignatures,
    anchors: report.anchors,
    signers: report.signers,
    findings: report.findings.map(({ line, severity, code, message, meaning, sessionId, eventId }) => {
      const origin = origins.of(line);
      return {
        file: origin?.input ?? null,
        line: origin?.line ?? null,
        severity,
        code,
        message,
        meaning,
        // JSON leaves out members that are `undefined`.
        session_id: sessionId,
        event_id: eventId,
      };
    }),
    findings_omitted: report.findingsOmitted,
  };
}

/** One line per finding, what each code may mean, the keys that signed, and a summary in the last line. */
function verificationLines(
  report: VerificationReport,
  origins: LineOrigins,
  given: GivenEvidence,
): TextLine[] {
  const lines = report.findings.map((finding) => findingLine(finding, origins));
  if (report.findingsOmitted > 0) lines.push([`and ${counted(report.findingsOmitted, 'more finding')}`]);
  const meanings = new Map(report.findings.map(({ code, meaning }) => [code, meaning]));
  for (const [code, meaning] of meanings) lines.push([['dim', `${code}: ${meaning}`]]);
  for (const signer of report.signers) lines.push([`signed with ${signer}`]);
  return [...lines, summary(report, given)];
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
  {
    events,
    sessions,
    streams,
    checkpoints,
    cosignatures,
    anchors,
    findings,
    findingsOmitted,
  }: VerificationReport,
  given: GivenEvidence,
): TextLine {
  const checked = [
    counted(events, 'event'),
    counted(sessions, 'session'),
    counted(streams, 'stream'),
    given.publicKeys.length > 0 ? counted(checkpoints, 'signed checkpoint') : 'signatures not checked',
    ...(given.witnessKeys.length > 0 ? [counted(cosignatures, 'cosignature')] : []),
    ...(given.anchors.length > 0 ? [`${anchors} of ${counted(given.anchors.length, 'anchor')} found`] : []),
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
