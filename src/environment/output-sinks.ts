/**
 * The sinks of the outputs that `CHAUKAS_OUTPUT_MODE` names. The command `agent-events` reads the same variables and loads
 * no sink, so this is apart from them.
 */
import { withoutAbsent } from '../json/without-undefined.js';
import { ChaukasApiSink } from '../sinks/chaukas-api-sink.js';
import type { DeliveryOptions } from '../sinks/delivery-options.js';
import type { EventSink } from '../sinks/event-sink.js';
import { FileSink } from '../sinks/file-sink.js';
import { HttpSink } from '../sinks/http-sink.js';
import { KafkaSink } from '../sinks/kafka-sink.js';
import { OtlpLogSink } from '../sinks/otlp-log-sink.js';
import { StdoutSink } from '../sinks/stdout-sink.js';
import { PACKAGE_NAME } from '../version.js';
import type { ChaukasEnvironment, ChaukasSettings, OutputMode } from './chaukas-environment.js';

/** A sink for each output. The settings that an output requires are there. */
const SINKS: Readonly<
  Record<OutputMode, (settings: ChaukasSettings, delivery: DeliveryOptions, caller: string) => EventSink>
> = {
  api: ({ endpoint = '', apiKey = '' }, delivery) => new ChaukasApiSink({ endpoint, apiKey, delivery }),
  file: ({ outputFile }, _delivery, caller) => openFile(outputFile, caller),
  http: ({ httpUrl = '', httpHeaders = {} }, delivery) =>
    new HttpSink({ url: httpUrl, headers: httpHeaders, delivery }),
  kafka: ({ kafkaBrokers = [], kafkaTopic = '' }, delivery) =>
    new KafkaSink({ brokers: kafkaBrokers, topic: kafkaTopic, delivery }),
  otlp: (_settings, delivery) => new OtlpLogSink({ delivery }),
  stdout: () => new StdoutSink(),
};

/**
 * Makes a sink for each output of the environment, which has no problems.
 *
 * @param caller - the function that the application called.
 * @throws Error - if a file cannot be opened for writing.
 */
export function openOutputs(environment: ChaukasEnvironment, caller: string): EventSink[] {
  const { settings } = environment;
  const delivery = deliveryOf(environment);
  return settings.outputModes.map((mode) => SINKS[mode](settings, delivery, caller));
}

/** Returns the batches that the variables describe. What no variable says is left to each sink. */
function deliveryOf({ settings, variables }: ChaukasEnvironment): DeliveryOptions {
  const named = <Name extends keyof ChaukasSettings>(name: Name) =>
    variables.has(name) ? settings[name] : undefined;
  return withoutAbsent({
    maxBatchSize: named('batchSize'),
    // Without adaptive batching, the number of bytes does not limit a batch.
    maxBatchBytes: settings.adaptiveBatching ? named('maxBatchBytes') : Number.MAX_SAFE_INTEGER,
    flushIntervalMillis: named('flushIntervalMillis'),
    timeoutMillis: named('timeoutMillis'),
    adaptiveBatching: named('adaptiveBatching'),
    minBatchSize: named('minBatchSize'),
  });
}

function openFile(path: string, caller: string): FileSink {
  try {
    return new FileSink({ path });
  } catch (error) {
    // The sink's own message names an option, but the user has set a variable.
    const { cause = error } = error as Error;
    throw new Error(
      `${PACKAGE_NAME}: ${caller}: cannot write events to '${path}' (${(cause as Error).message}); ` +
        'set CHAUKAS_OUTPUT_FILE or CHAUKAS_FILE_PATH to a file that this process may create and append to',
      { cause: error },
    );
  }
}
