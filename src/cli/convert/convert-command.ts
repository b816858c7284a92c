import type { ChaukasEvent } from '../../chaukas/event.js';
import { toCloudEvent } from '../../cloudevents/cloud-event.js';
import { cloudEventToJson } from '../../cloudevents/json-format.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { EventSelection } from '../events/event-filter.js';
import { type EventLine, readEvents } from '../input/read-events.js';
import { readCloudEventLines } from './cloud-event-lines.js';
import { csvHeader, csvRow } from './csv.js';
import { chatLine, Dataset, evalsLine } from './dataset.js';

interface ConvertOptions {
  readonly files: readonly string[];
  readonly from: SourceName;
  readonly to: FormatName;
  /** The source of each CloudEvent; `undefined` for the usual one. */
  readonly source: string | undefined;
  /** Whether examples of a dataset may have redacted content. */
  readonly keepRedacted: boolean;
  readonly selection: EventSelection;
}

/** Writes each event as it is read, so that memory does not grow with the input. */
export async function convertCommand(run: CommandRun, options: ConvertOptions): Promise<ExitCode> {
  const format = await FORMATS[options.to](options);
  const { output } = run;
  if (format.header !== undefined) output.data(format.header);
  const inputs = run.inputs(options.files);
  for await (const events of SOURCES[options.from](inputs, run.report, run.progress)) {
    for (const read of events) {
      if (format.readsAll || options.selection.passes(read.event)) convertEvent(read, format, run);
    }
    await output.flushIfFull();
    if (output.closed) break;
  }
  for (const note of format.notes?.() ?? []) run.messages.print(note);
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
  /** Whether it needs all events, and applies the filter itself. */
  readonly readsAll?: true;
  /** Messages for standard error after the last event. */
  notes?(): string[];
  /**
   * Returns the event, including its line end; the empty string if it makes no line.
   *
   * @throws Error - if the format cannot carry the event.
   */
  write(line: EventLine): string;
}

export const FORMAT_NAMES = ['jsonl', 'rest', 'cloudevents', 'csv', 'openai-evals', 'chat-jsonl'] as const;

/** The formats that events can be read from. */
const SOURCES = { jsonl: readEvents, cloudevents: readCloudEventLines } as const;

export const SOURCE_NAMES = ['jsonl', 'cloudevents'] as const;

export type SourceName = (typeof SOURCE_NAMES)[number];

export type FormatName = (typeof FORMAT_NAMES)[number];

/** The formats, loaded on demand: `rest` needs the wire format, which loads protobuf. */
const FORMATS: Readonly<Record<FormatName, (options: ConvertOptions) => Promise<Format>>> = {
  jsonl: async () => ({
    // The line itself and not its parsed value: a large number must not lose digits, which would break the hash.
    write: ({ line }) => `${line.text.trim()}\n`,
  }),
  rest: async () => {
    const { eventToRestJson } = await import('../../chaukas/wire/event-rest-json.js');
    return { write: ({ event }) => `${eventToRestJson(asEvent(event))}\n` };
  },
  cloudevents: async ({ source }) => ({
    // The data is the line itself, for the same reason.
    write: ({ event, line }) =>
      `${cloudEventToJson(toCloudEvent(asEvent(event), { source }), line.text.trim())}\n`,
  }),
  csv: async () => ({ header: csvHeader(), write: ({ event }) => csvRow(event) }),
  'openai-evals': async (options) => datasetFormat(evalsLine, options),
  'chat-jsonl': async (options) => datasetFormat(chatLine, options),
};

function datasetFormat(
  write: ConstructorParameters<typeof Dataset>[0],
  { keepRedacted, selection }: ConvertOptions,
): Format {
  const dataset = new Dataset(write, keepRedacted, (end, tools) => selection.passesWithTools(end, tools));
  return { readsAll: true, write: ({ event }) => dataset.add(event), notes: () => dataset.notes() };
}

/** Casts an event that was not checked. Both formats check each member themselves. */
function asEvent(event: EventLine['event']): ChaukasEvent {
  return event as unknown as ChaukasEvent;
}
