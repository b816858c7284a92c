import { diag, trace } from '@opentelemetry/api';
import type { ChaukasEvent } from '../chaukas/event.js';
import { Guard } from '../diagnostics/guard.js';
import { ChaukasSpanProcessor } from '../events/chaukas-span-processor.js';
import { type ChaukasSpanProcessorConfig, eventOptionNames } from '../events/config.js';
import type { OpenAIAgentsInstrumentationConfig } from '../instrumentation/config.js';
import { type ManuallyInstrumentedModules, MODULE_OPTIONS } from '../instrumentation/instrumented-modules.js';
import { OpenAIAgentsInstrumentation } from '../instrumentation/openai-agents-instrumentation.js';
import { isRecord } from '../json/readers.js';
import { withoutAbsent } from '../json/without-undefined.js';
import { registerLoaderHook } from '../node/loader-hook.js';
import { OBJECT, optionProblems, unknownOption, wrongOptions } from '../options/option-rules.js';
import { MemorySink } from '../sinks/memory-sink.js';
import { PACKAGE_NAME } from '../version.js';
import { eventLines } from './event-lines.js';
import { provideSpans, SpanRecorder } from './in-memory-provider.js';
import { type FinishedSpan, spanTree } from './span-tree.js';

/**
 * Options of {@link recordTelemetry}: the modules to instrument, the options of the event stream except `sinks`, and the
 * following. All may be left out. `systemEvents` is `false` unless it is set; then the events of the stream itself are
 * left out as well, so that a test sees only the events of its own actions.
 */
export interface RecordTelemetryOptions
  extends ManuallyInstrumentedModules,
    Partial<Omit<ChaukasSpanProcessorConfig, 'sinks'>> {
  /**
   * Options of `OpenAIAgentsInstrumentation`. `captureMessageContent` and `redaction` in here are about spans; the
   * options of the same name beside it are about the events.
   */
  instrumentation?: Omit<OpenAIAgentsInstrumentationConfig, 'enabled'>;
}

/** The spans and events of a test. */
export interface RecordedTelemetry {
  /** Returns the spans that have ended since the start or the last {@link reset}, in the order in which they started. */
  spans(): FinishedSpan[];
  /** Returns {@link spans} as text: one line per span with name, kind and error, indented under its parent. */
  spanTree(): string[];
  /** Returns the events since the start or the last {@link reset}, in the order of the stream. */
  events(): Promise<readonly ChaukasEvent[]>;
  /** Returns {@link events} as text: one line per event with type, name and status, indented under its parent event. */
  eventLines(): Promise<string[]>;
  /** Forgets the spans and events so far. */
  reset(): Promise<void>;
  /**
   * Ends the open sessions and takes everything out of the process again. What was recorded can still be read. Never
   * rejects.
   */
  stop(): Promise<void>;
}

const RECORDING = Symbol.for(`${PACKAGE_NAME}.recording telemetry`);

/**
 * Records the spans and events of this process in memory, for a test in any test framework.
 *
 * ```js
 * import * as agents from '@openai/agents';
 * import * as openai from 'openai';
 * import { recordTelemetry } from 'opentelemetry-instrumentation-openai-agents/testing';
 *
 * const telemetry = recordTelemetry({ openai, agents });
 * await agents.run(agent, 'What is the weather in Paris?');
 * assert.deepEqual(telemetry.spanTree(), ['invoke_agent weather_agent [INTERNAL]', '  chat gpt-5-mini [CLIENT]']);
 * await telemetry.stop();
 * ```
 *
 * Modules that are loaded already have to be passed; in Jest and vitest, pass each one that is used. If none is passed,
 * `openai` and the Agents SDK are instrumented when they are loaded afterwards. The variables `CHAUKAS_*` are not read, and nothing is
 * exported. Needs `@opentelemetry/sdk-node` 0.200 or newer. If the application has registered a tracer provider, its
 * spans are recorded there, beside its own export.
 *
 * @throws TypeError - naming every option that is unknown or not accepted.
 * @throws Error - if the OpenTelemetry SDK is not installed, or an earlier recording was not stopped.
 */
export function recordTelemetry(options: RecordTelemetryOptions = {}): RecordedTelemetry {
  const { instrumentation, modules, events } = checkedOptions(options);
  if (Reflect.get(globalThis, RECORDING) === true) {
    throw new Error(
      `${PACKAGE_NAME}: recordTelemetry: an earlier recording is not stopped; await its stop() first, or share it`,
    );
  }
  const recording = new Recording(instrumentation, modules, events);
  Reflect.set(globalThis, RECORDING, true);
  return recording;
}

class Recording implements RecordedTelemetry {
  readonly #sink = new MemorySink();
  readonly #recorder = new SpanRecorder();
  readonly #processor: ChaukasSpanProcessor;
  readonly #instrumentation: OpenAIAgentsInstrumentation;
  readonly #guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));
  readonly #withdraw: () => Promise<void>;
  /** Whether events that belong to no session of the application are left out. */
  readonly #ownOnly: boolean;
  #streamId: string | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    instrumentation: OpenAIAgentsInstrumentationConfig,
    modules: ManuallyInstrumentedModules | undefined,
    events: Partial<ChaukasSpanProcessorConfig>,
  ) {
    this.#processor = new ChaukasSpanProcessor({ systemEvents: false, ...events, sinks: [this.#sink] });
    this.#ownOnly = events.systemEvents !== true && events.checkpoints === undefined;
    this.#instrumentation = new OpenAIAgentsInstrumentation(instrumentation);
    try {
      if (modules === undefined) hookModules();
      else this.#instrumentation.manuallyInstrument(modules);
      this.#withdraw = provideSpans([this.#recorder, this.#processor]);
    } catch (error) {
      this.#instrumentation.disable();
      void this.#processor.shutdown();
      throw error;
    }
    this.#instrumentation.setTracerProvider(trace.getTracerProvider());
  }

  spans(): FinishedSpan[] {
    return this.#recorder.spans;
  }

  spanTree(): string[] {
    return spanTree(this.spans());
  }

  async events(): Promise<readonly ChaukasEvent[]> {
    await this.#processor.forceFlush();
    this.#findStream();
    return this.#sink.events.filter(({ session_id }) => !this.#ownOnly || session_id !== this.#streamId);
  }

  async eventLines(): Promise<string[]> {
    return eventLines(await this.events());
  }

  async reset(): Promise<void> {
    await this.#processor.forceFlush();
    this.#findStream();
    this.#recorder.reset();
    this.#sink.reset();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** The stream starts before the first event of the application, which a reset may forget. */
  #findStream(): void {
    this.#streamId ??= this.#sink.events.find(startsStream)?.session_id;
  }

  async #stop(): Promise<void> {
    this.#instrumentation.disable();
    try {
      await this.#processor.shutdown();
      await this.#withdraw();
    } catch (error) {
      this.#guard.errorOnce('Stopping the recorded telemetry failed', error);
    }
    Reflect.deleteProperty(globalThis, RECORDING);
  }
}

/** Jest has a module system of its own, without Node's hooks. */
function hookModules(): void {
  try {
    registerLoaderHook(false);
  } catch (error) {
    throw new Error(
      `${PACKAGE_NAME}: recordTelemetry: the loading of modules cannot be seen here; pass them: ` +
        'recordTelemetry({ openai, agents })',
      { cause: error },
    );
  }
}

/** Whether an event starts the session that stands for the stream. */
function startsStream({ type, session_id, metadata }: ChaukasEvent): boolean {
  return type === 'EVENT_TYPE_SESSION_START' && metadata?.stream_id === session_id;
}

interface CheckedOptions {
  readonly instrumentation: OpenAIAgentsInstrumentationConfig;
  /** `undefined` if no module was passed. */
  readonly modules: ManuallyInstrumentedModules | undefined;
  readonly events: Partial<ChaukasSpanProcessorConfig>;
}

function checkedOptions(options: unknown): CheckedOptions {
  if (!isRecord(options)) throw wrong(wrongOptions(options, 'an object, or left out'));
  const { instrumentation, ...others } = options;
  const eventOptions = eventOptionNames().filter((name) => name !== 'sinks');
  const known = [...MODULE_OPTIONS, 'instrumentation', ...eventOptions];
  const problems = [
    ...Object.keys(others)
      .filter((name) => !known.includes(name))
      .map((name) => unknownOption(name, known)),
    ...optionProblems('instrumentation', OBJECT, instrumentation),
  ];
  if (problems.length > 0) throw wrong(problems.join('; '));
  const given = Object.entries(withoutAbsent(others));
  const modules = given.filter(([name]) => MODULE_OPTIONS.includes(name));
  return {
    instrumentation: isRecord(instrumentation) ? instrumentation : {},
    modules: modules.length > 0 ? Object.fromEntries(modules) : undefined,
    events: Object.fromEntries(given.filter(([name]) => eventOptions.includes(name))),
  };
}

function wrong(problem: string): TypeError {
  return new TypeError(`${PACKAGE_NAME}: recordTelemetry: ${problem}`);
}
