import type { VerificationReport } from '../../chaukas/verify/finding.js';
import type { LineOrigins } from './line-origins.js';

/** The report as one object, in the names that events have; each finding with its file and the line there. */
export function verificationJson(report: VerificationReport, origins: LineOrigins): Record<string, unknown> {
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
        // `undefined` is left out when it becomes JSON.
        session_id: sessionId,
        event_id: eventId,
      };
    }),
    findings_omitted: report.findingsOmitted,
  };
}
