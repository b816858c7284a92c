import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { Line } from '../input/line-splitter.js';
import { parseEvent } from '../input/read-events.js';
import { type EvidenceFiles, exitCode, readEvidence, verifyInputs } from '../verify/verified-inputs.js';
import { AuditFacts } from './audit-facts.js';
import { htmlPage } from './html-page.js';
import { markdownPage } from './markdown-page.js';
import type { ReportPage } from './page.js';
import { reportPage } from './report-page.js';

export const REPORT_FORMATS = ['html', 'markdown'] as const;

type ReportFormat = (typeof REPORT_FORMATS)[number];

interface ReportOptions extends EvidenceFiles {
  readonly files: readonly string[];
  /** Goes by the name of the output if absent. */
  readonly format?: ReportFormat;
  /** Standard output if absent. */
  readonly output?: string;
  readonly rows: number;
}

const WRITERS: Readonly<Record<ReportFormat, (page: ReportPage) => Generator<string>>> = {
  html: htmlPage,
  markdown: markdownPage,
};

/** Writes one page that explains all inputs, which are verified as one stream. */
export async function reportCommand(run: CommandRun, options: ReportOptions): Promise<ExitCode> {
  const { files, output, rows } = options;
  if (output !== undefined && (await isInput(output, files))) {
    run.messages.print(`--output ${output}: is one of the files to read; name another file`);
    return EXIT.usage;
  }
  const given = await readEvidence(options, run.messages);
  if (given === undefined) return EXIT.usage;
  const facts = new AuditFacts(rows);
  const inputs = run.inputs(files);
  let unreadableLines = 0;
  const onLine = (line: Line, input: string): void => {
    const parsed = parseEvent(line);
    if ('event' in parsed) facts.add({ event: parsed.event, input, line });
    else unreadableLines += 1;
  };
  const { report: verification, origins } = await verifyInputs(run, inputs, given, { onLine });
  const page = reportPage({
    facts,
    verification,
    unreadableLines,
    inputs: inputs.map(({ name }) => name),
    placeOf: (line) => {
      const origin = origins.of(line);
      return origin === undefined ? '' : `${origin.input}:${origin.line}`;
    },
    keys: options.publicKeys,
    witnessKeys: options.witnessKeys,
    anchors: given.anchors.length,
    madeAt: new Date().toISOString(),
    madeBy: `${PACKAGE_NAME} ${PACKAGE_VERSION}`,
    maxRows: rows,
  });
  const pieces = WRITERS[formatOf(options)](page);
  if (output === undefined) {
    for (const piece of pieces) {
      run.output.data(piece);
      await run.output.flushIfFull();
    }
  } else if (!(await written(run, output, pieces))) {
    return EXIT.failure;
  }
  return exitCode(verification, run, { strict: false });
}

/** HTML for a file that is named so; Markdown otherwise, which a terminal can show. */
function formatOf({ format, output }: ReportOptions): ReportFormat {
  return format ?? (/\.html?$/i.test(output ?? '') ? 'html' : 'markdown');
}

/** Whether the output is one of the files to read, which it would destroy. */
async function isInput(output: string, files: readonly string[]): Promise<boolean> {
  const target = await identity(output);
  if (target === undefined) return false;
  for (const file of files) if ((await identity(file)) === target) return true;
  return false;
}

async function identity(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

async function written(run: CommandRun, file: string, pieces: Iterable<string>): Promise<boolean> {
  try {
    await pipeline(pieces, createWriteStream(file));
    return true;
  } catch (error) {
    run.messages.print(`--output ${file}: ${writeFailure(error)}`);
    return false;
  }
}

function writeFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such folder';
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to write the file' : message;
}
