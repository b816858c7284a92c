import type { ChaukasEvent } from '../../chaukas/event.js';
import { toCloudEvent } from '../../cloudevents/cloud-event.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { type EventLine, readEvents } from '../input/read-events.js';
import { csvHeader, csvRow } from './csv.js';

interface ConvertOptions {
  readonly files: readonly string[];
  readonly to: FormatName;
}

/** Writes each event as it is read, so that memory does not grow with the input. */
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
    report.line(event.input, event.line.number, `cannot be written in this format: ${reason(error)}`);
    return;
  }
  output.data(text);
}

/** The message of an error without the name of the package, which the user of the command knows. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^opentelemetry-instrumentation-openai-agents: /, '');
}

/** A format that events can be written in. */
interface Format {
  /** Text before the first event. */
  readonly header?: string;
  /**
   * Returns the event, including its line end.
   *
   * @throws Error - if the format cannot carry the event.
   */
  write(line: EventLine): string;
}

export const FORMAT_NAMES = ['jsonl', 'rest', 'cloudevents', 'csv'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** The formats, loaded on demand: `rest` needs the wire format, which loads protobuf. */
const FORMATS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  jsonl: async () => ({
    // The line itself and not its parsed value: a large number must not lose digits, which would break the hash.
    write: ({ line }) => `${line.text.trim()}\n`,
  }),
  rest: async () => {
    const { eventToRestJson } = await import('../../chaukas/wire/event-rest-json.js');
    return { write: ({ event }) => `${eventToRestJson(asEvent(event))}\n` };
  },
  cloudevents: async () => ({
    write: ({ event }) => `${JSON.stringify(toCloudEvent(asEvent(event)))}\n`,
  }),
  csv: async () => ({ header: csvHeader(), write: ({ event }) => csvRow(event) }),
};

/** Casts an event that was not checked. Both formats check each member themselves. */
function asEvent(event: EventLine['event']): ChaukasEvent {
  return event as unknown as ChaukasEvent;
}
