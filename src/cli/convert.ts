import type { ChaukasEvent } from '../chaukas/event.js';
import { toCloudEvent } from '../cloudevents/cloud-event.js';
import { type CommandRun, EXIT, type ExitCode } from './command-run.js';
import { csvHeader, csvRow } from './csv.js';
import { type EventLine, readEvents } from './input/read-events.js';

interface ConvertOptions {
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

/** A form that events can be written in. */
interface Format {
  /** What stands before the first event. */
  readonly header?: string;
  /**
   * The event, its end of line included.
   *
   * @throws Error - where the form cannot carry it.
   */
  write(line: EventLine): string;
}

export const FORMAT_NAMES = ['jsonl', 'rest', 'cloudevents', 'csv'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** Loaded when it is asked for: one of them needs the wire format, and with it protobuf. */
const FORMATS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  jsonl: async () => ({
    // The line as it was, and not what JSON.parse made of it: a number must not lose digits, nor a hash its event.
    write: ({ line }) => `${line.text.trim()}\n`,
  }),
  rest: async () => {
    const { eventToRestJson } = await import('../chaukas/wire/event-rest-json.js');
    return { write: ({ event }) => `${eventToRestJson(asEvent(event))}\n` };
  },
  cloudevents: async () => ({
    write: ({ event }) => `${JSON.stringify(toCloudEvent(asEvent(event)))}\n`,
  }),
  csv: async () => ({ header: csvHeader(), write: ({ event }) => csvRow(event) }),
};

/** Both look at each member themselves. */
function asEvent(event: EventLine['event']): ChaukasEvent {
  return event as unknown as ChaukasEvent;
}
