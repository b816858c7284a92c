import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseNote } from '../../chaukas/transparency-log/signed-note.js';
import { formatVerifierKey, type VerifierKey } from '../../chaukas/transparency-log/verifier-key.js';
import { EventVerifier } from '../../chaukas/verify/event-verifier.js';
import type { Finding, VerificationReport } from '../../chaukas/verify/findings.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { readFailure } from '../input/input-report.js';
import { LINE_TOO_LONG, readLines } from '../input/read-events.js';
import { readVerifierKeys } from '../input/verifier-keys.js';
import type { MessageWriter } from '../output/messages.js';
import { counted } from '../output/quantities.js';
import type { Piece, TextLine } from '../output/text-line.js';

interface VerifyOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** The public keys that may have signed checkpoints, or their files. */
  readonly publicKeys: readonly string[];
  /** Keys of witnesses, in the same forms. */
  readonly witnessKeys: readonly string[];
  /** Files with checkpoints that were kept elsewhere. */
  readonly anchors: readonly string[];
  /** Whether warnings count as findings. */
  readonly strict: boolean;
}

/** Verifies all inputs together, in their order: a session may begin in one file and end in the next. */
export async function verifyCommand(run: CommandRun, options: VerifyOptions): Promise<ExitCode> {
  const { messages } = run;
  const publicKeys = await readVerifierKeys('--public-key', options.publicKeys, 'ed25519', messages);
  const witnessKeys = await readVerifierKeys('--witness-key', options.witnessKeys, 'cosignature', messages);
  const anchors = await readAnchors(options.anchors, messages);
  if (publicKeys === undefined || witnessKeys === undefined || anchors === undefined) return EXIT.usage;
  const given = { publicKeys: publicKeys.map(asOption), witnessKeys: witnessKeys.map(asOption), anchors };
  const verifier = new EventVerifier(given);
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
  else run.output.lines(verificationLines(report, origins, given));
  return exitCode(report, run, options);
}

/**
 * Findings outweigh unreadable input. Omitted findings count as errors, since they may be. A stream without events proves
 * nothing, so it is not a success.
 */
export function exitCode(
  report: VerificationReport,
  run: CommandRun,
  { strict }: Pick<VerifyOptions, 'strict'>,
): ExitCode {
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

/** A key with a name keeps it, because signatures of another name are not its own. */
function asOption({ name, key, type }: VerifierKey): string | KeyObject {
  return name === undefined ? key : formatVerifierKey(name, key, type);
}

/** The notes in the files; `undefined` if one has none, for which a message is printed. */
async function readAnchors(
  files: readonly string[],
  messages: MessageWriter,
): Promise<readonly string[] | undefined> {
  const anchors: string[] = [];
  let readable = 0;
  for (const file of files) {
    try {
      anchors.push(...notesIn(await readFile(file, 'utf8')));
      readable += 1;
    } catch (error) {
      messages.print(`--anchor ${file}: ${readFailure(error)}`);
    }
  }
  return readable === files.length ? anchors : undefined;
}

/** A file can have several notes, since an application may append each checkpoint to it. */
function notesIn(content: string): string[] {
  const notes = content
    .replaceAll('\r\n', '\n')
    .split(/(?<=^— .*\n)(?!— )/m)
    .map((note) => note.replace(/^\n+/, ''))
    .filter((note) => note !== '');
  if (notes.length === 0 || notes.some((note) => parseNote(note) === undefined)) {
    throw new Error('the file has no signed note (c2sp.org/signed-note)');
  }
  return notes;
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

interface Given {
  readonly publicKeys: readonly unknown[];
  readonly witnessKeys: readonly unknown[];
  readonly anchors: readonly string[];
}

/** One line per finding, what each code may mean, the keys that signed, and a summary in the last line. */
function verificationLines(report: VerificationReport, origins: LineOrigins, given: Given): TextLine[] {
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
  given: Given,
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
