import type { CommandRun } from '../command-run.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { type EventLine, readEvents } from '../input/read-lines.js';
import { FORMATS, type Format, type FormatName } from './formats.js';

export interface ConvertOptions {
  readonly files: readonly string[];
  readonly to: FormatName;
}

/** Writes each event as it is read, so memory does not grow with the input. */
export async function convertCommand(run: CommandRun, options: ConvertOptions): Promise<ExitCode> {
  const format = await FORMATS[options.to]();
  const { output } = run;
  if (format.header !== undefined) output.data(format.header);
  for await (const events of readEvents(run.inputs(options.files), run.report, run.progress)) {
    for (const event of events) convertEvent(event, format, run);
    await output.flushIfFull();
    if (output.closed) break;
  }
  return run.report.complete ? EXIT.ok : EXIT.input;
}

function convertEvent(event: EventLine, format: Format, { output, report }: CommandRun): void {
  let text: string;
  try {
    text = format.write(event);
  } catch (error) {
    report.line(event.input, event.line.number, `cannot be written in this form: ${reason(error)}`);
    return;
  }
  output.data(text);
}

/** Errors of the package name it at their beginning; here the reader knows. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^opentelemetry-instrumentation-openai-agents: /, '');
}
