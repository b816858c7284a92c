import type { Finding, VerificationReport } from '../../chaukas/verify/finding.js';
import { counted } from '../output/quantities.js';
import type { Piece, TextLine } from '../output/text-line.js';
import type { LineOrigins } from './line-origins.js';

/** What was found, each with its line, and in the last line what was looked at and how it stands. */
export function verificationLines(
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
  const looked = [
    counted(events, 'event'),
    counted(sessions, 'session'),
    signaturesChecked ? counted(checkpoints, 'signed checkpoint') : 'signatures not checked',
  ].join(', ');
  if (events === 0 && findings.length === 0) return [`${looked}: `, ['yellow', 'nothing to verify']];
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  if (findingsOmitted > 0)
    return [`${looked}: `, ['red', counted(findings.length + findingsOmitted, 'finding')]];
  if (errors === 0 && warnings === 0) return [`${looked}: `, ['green', 'nothing wrong']];
  const found = [counted(errors, 'error'), counted(warnings, 'warning')].join(', ');
  return [`${looked}: `, [errors > 0 ? 'red' : 'yellow', found]];
}
