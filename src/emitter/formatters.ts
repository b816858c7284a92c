import { CloudEventFormatError, type CloudEventShape } from '../cloudevents/cloud-event.js';
import { fromHttpMessage, type ReceivedHeaders, toHttpMessage } from '../cloudevents/http-binding.js';
import {
  cloudEventFromJson,
  cloudEventsFromJson,
  cloudEventsToJson,
  cloudEventToJson,
} from '../cloudevents/json-format.js';
import { BOOLEAN, optionsProblems, rule } from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';

/** Options of {@link JsonFormatter}. */
export interface JsonFormatterOptions {
  /**
   * Whether `format` and `formatBatch` write a line for each member.
   *
   * @defaultValue `false`
   */
  pretty?: boolean;
  /**
   * Number of spaces that a member is indented by, from 1 to 10. Only with `pretty`.
   *
   * @defaultValue `2`
   */
  indent?: number;
}

const RULES = {
  pretty: BOOLEAN,
  indent: rule(
    'a whole number from 1 to 10',
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 10,
  ),
};

/**
 * Writes and reads the JSON format of CloudEvents 1.0: an event, a batch, or JSON Lines.
 *
 * ```ts
 * const formatter = new JsonFormatter({ pretty: true, indent: 4 });
 * formatter.parse(formatter.format(event));
 * ```
 *
 * @throws TypeError - from the constructor, if an option is unknown or not accepted.
 */
export class JsonFormatter {
  readonly #indent: number;

  constructor(options: JsonFormatterOptions = {}) {
    const problems = optionsProblems(RULES, options, 'an object such as { pretty: true, indent: 4 }');
    if (problems.length === 0 && options.indent !== undefined && options.pretty !== true) {
      problems.push('option "indent" needs "pretty"; set it to true, or leave "indent" out');
    }
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: JsonFormatter: ${problems.join('; ')}`);
    this.#indent = options.pretty === true ? (options.indent ?? 2) : 0;
  }

  /** Returns the JSON of an event, without a line break at its end. */
  format(event: CloudEventShape): string {
    const line = cloudEventToJson(event);
    return this.#indent === 0 ? line : JSON.stringify(JSON.parse(line), null, this.#indent);
  }

  /** Returns the JSON of a batch, which is an array. */
  formatBatch(events: readonly CloudEventShape[]): string {
    const batch = cloudEventsToJson(events.map((event) => ({ event })));
    return this.#indent === 0 ? batch : JSON.stringify(JSON.parse(batch), null, this.#indent);
  }

  /** Returns JSON Lines: an event on each line, whatever the options are. */
  formatLines(events: readonly CloudEventShape[]): string {
    return events.map((event) => `${cloudEventToJson(event)}\n`).join('');
  }

  /** @throws CloudEventFormatError - a TypeError, if the text is not the JSON of a CloudEvent 1.0. */
  parse(json: string): CloudEventShape {
    return cloudEventFromJson(json);
  }

  /** @throws CloudEventFormatError - if the text is not the JSON of a batch. */
  parseBatch(json: string): CloudEventShape[] {
    return cloudEventsFromJson(json);
  }

  /**
   * Blank lines are skipped.
   *
   * @throws CloudEventFormatError - if a line is not the JSON of a CloudEvent. The message has its number.
   */
  parseLines(text: string): CloudEventShape[] {
    return text.split('\n').flatMap((line, index) => {
      if (line.trim() === '') return [];
      try {
        return [cloudEventFromJson(line)];
      } catch (error) {
        throw new CloudEventFormatError(
          `line ${index + 1}: ${error instanceof Error ? error.message : error}`,
        );
      }
    });
  }
}

/** A CloudEvent in binary mode. */
export interface BinaryMessage {
  /** `ce-` headers, percent-encoded as the HTTP binding requires, and `content-type`. Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The data. Empty if the event has none. */
  readonly body: Buffer;
}

/**
 * Writes and reads CloudEvents in the binary mode of the HTTP binding: attributes are headers, the data is the body.
 *
 * ```ts
 * const { headers, body } = new BinaryFormatter().format(event);
 * await fetch(url, { method: 'POST', headers, body });
 * ```
 */
export class BinaryFormatter {
  /** @throws CloudEventFormatError - a TypeError, if the data is not text although its media type is not JSON. */
  format(event: CloudEventShape): BinaryMessage {
    return toHttpMessage(event, 'binary');
  }

  /**
   * Attributes of the event are strings, as in the headers.
   *
   * @throws CloudEventFormatError - if the headers are not those of one CloudEvent 1.0 in binary mode.
   */
  parse(headers: ReceivedHeaders, body: string | Uint8Array): CloudEventShape {
    const [event] = fromHttpMessage(headers, body, 'binary');
    return event as CloudEventShape;
  }
}
