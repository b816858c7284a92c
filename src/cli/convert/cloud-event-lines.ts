import { fromCloudEvent } from '../../cloudevents/cloud-event.js';
import { readCloudEvents } from '../../cloudevents/json-format.js';
import { openBrackets } from '../../json/source-text.js';
import type { Input } from '../input/input.js';
import type { InputReport } from '../input/input-report.js';
import { type Line, MAX_LINE_BYTES } from '../input/line-splitter.js';
import { type EventLine, eventsOf, LINE_TOO_LONG, readLines } from '../input/read-events.js';
import type { Progress } from '../output/messages.js';

/**
 * Yields the audit events in CloudEvents: JSON Lines, batches, and both with line breaks inside. What is not one is
 * reported. The line of an event is the text of its CloudEvent's data, so that no number loses digits.
 */
export async function* readCloudEventLines(
  inputs: readonly Input[],
  report: InputReport,
  progress?: Progress,
): AsyncGenerator<readonly EventLine[]> {
  for (const input of inputs) {
    const reader = new CloudEventLines(input.name, report);
    for await (const lines of readLines(input, report, progress)) {
      yield lines.flatMap((line) => reader.push(line));
    }
    reader.end();
    report.closed(input.name);
  }
}

/** The beginning of a CloudEvent or a batch whose end is in a later line. */
interface Unfinished {
  readonly number: number;
  readonly texts: string[];
  length: number;
  /** Brackets that are open at its end. */
  open: number;
}

class CloudEventLines {
  readonly #input: string;
  readonly #report: InputReport;
  #unfinished: Unfinished | undefined;

  constructor(input: string, report: InputReport) {
    this.#input = input;
    this.#report = report;
  }

  push({ number, text, tooLong }: Line): readonly EventLine[] {
    if (tooLong) {
      this.end();
      this.#report.line(this.#input, number, LINE_TOO_LONG);
      return [];
    }
    // A whole event on a line is one, also after a line that was cut off.
    const whole = this.#unfinished === undefined ? undefined : this.#attempt(text, number);
    if (whole !== undefined) {
      this.end();
      return whole;
    }
    return this.#unfinished === undefined
      ? this.#begin(text, number)
      : this.#continue(this.#unfinished, text);
  }

  /** Reports what the input ends within. */
  end(): void {
    if (this.#unfinished === undefined) return;
    this.#report.line(this.#input, this.#unfinished.number, 'cut off: the CloudEvent has no end');
    this.#unfinished = undefined;
  }

  #begin(text: string, number: number): readonly EventLine[] {
    const inside = withoutBrackets(text);
    // The brackets of a batch may have lines of their own.
    if (inside === '') return [];
    const open = /^[{[]/.test(inside) ? openBrackets(inside) : 0;
    if (open === undefined || open <= 0) return this.#read(text, number);
    this.#unfinished = { number, texts: [inside], length: inside.length, open };
    return [];
  }

  #continue(unfinished: Unfinished, text: string): readonly EventLine[] {
    unfinished.texts.push(text);
    unfinished.length += text.length;
    unfinished.open += openBrackets(text) ?? Number.NEGATIVE_INFINITY;
    if (unfinished.open > 0 && unfinished.length <= MAX_LINE_BYTES) return [];
    this.#unfinished = undefined;
    return this.#read(unfinished.texts.join('\n'), unfinished.number);
  }

  #read(text: string, number: number): readonly EventLine[] {
    try {
      return this.#eventsOf(text, number);
    } catch (error) {
      // The text of an element between the brackets of its batch.
      const element = this.#attempt(`[${withoutBrackets(text)}]`, number);
      if (element === undefined) this.#report.line(this.#input, number, (error as Error).message);
      return element ?? [];
    }
  }

  #attempt(text: string, number: number): readonly EventLine[] | undefined {
    try {
      return this.#eventsOf(text, number);
    } catch {
      return undefined;
    }
  }

  /** @throws CloudEventFormatError - if the text is not JSON of CloudEvents with audit events. */
  #eventsOf(text: string, number: number): readonly EventLine[] {
    const lines = readCloudEvents(text).map(({ event, dataText = '' }) => {
      fromCloudEvent(event);
      // Line breaks are between the values, since no string of JSON has one.
      return { number, text: dataText.replaceAll(/\s*[\r\n]\s*/g, '') };
    });
    return eventsOf(lines, this.#input, this.#report);
  }
}

/** Returns the elements of a batch in a part of its text. */
function withoutBrackets(text: string): string {
  const inside = text.trim().replace(/^[[,]\s*/, '');
  // The bracket at the end may be that of an element.
  return (openBrackets(inside) ?? 0) < 0 || inside.endsWith(',') ? inside.replace(/\s*[\],]$/, '') : inside;
}
