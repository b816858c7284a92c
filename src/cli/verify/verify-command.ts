import { EventVerifier } from '../../chaukas/verify/event-verifier.js';
import type { VerificationReport } from '../../chaukas/verify/finding.js';
import type { CommandRun } from '../command-run.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { LINE_TOO_LONG } from '../input/parse-event.js';
import { readLines } from '../input/read-lines.js';
import { LineOrigins } from './line-origins.js';
import { readPublicKeys } from './public-keys.js';
import { verificationJson } from './verification-json.js';
import { verificationLines } from './verification-lines.js';

export interface VerifyOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Files with the public keys of those who may have signed. */
  readonly publicKeys: readonly string[];
  /** Warnings are findings, too. */
  readonly strict: boolean;
}

/** One verification over all inputs, in their order: a session may begin in one file and end in the next. */
export async function verifyCommand(run: CommandRun, options: VerifyOptions): Promise<ExitCode> {
  const publicKeys = await readPublicKeys(options.publicKeys, run.messages);
  if (publicKeys === undefined) return EXIT.usage;
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

/** A finding is certain whatever could not be read; those that were left out may be errors. No event, no proof. */
function exitCode(report: VerificationReport, run: CommandRun, { strict }: VerifyOptions): ExitCode {
  const counted = report.findings.filter(({ severity }) => strict || severity === 'error');
  if (counted.length > 0 || report.findingsOmitted > 0) return EXIT.findings;
  return run.report.complete && report.events > 0 ? EXIT.ok : EXIT.input;
}
