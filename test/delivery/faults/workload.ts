/** Spans of an application under load, which a real processor turns into events. */
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { ChaukasSpanProcessor, type ChaukasSpanProcessorConfig } from '../../../src/index.js';

const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk', 'session.id': 'desk' };
const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look_up' };

/** Events of one run of the agent: its START and END, and those of the tool. */
const EVENTS_OF_RUN = 4;

/** Pauses of a sink under test, so that a recovery does not take half a minute. */
export const FAST_RETRY = {
  flushIntervalMillis: 20,
  timeoutMillis: 2_000,
  retry: { initialDelayMillis: 20, maxDelayMillis: 250 },
};

export class Workload {
  readonly processor: ChaukasSpanProcessor;
  readonly #provider: BasicTracerProvider;

  constructor(config: ChaukasSpanProcessorConfig) {
    this.processor = new ChaukasSpanProcessor(config);
    this.#provider = new BasicTracerProvider({ spanProcessors: [this.processor] });
  }

  /** Makes about as many events, within one turn of the event loop. */
  burst(events: number): void {
    const tracer = this.#provider.getTracer('application');
    for (let made = 0; made < events; made += EVENTS_OF_RUN) {
      const agent = tracer.startSpan('invoke_agent desk', { attributes: AGENT }, ROOT_CONTEXT);
      const inside = trace.setSpan(ROOT_CONTEXT, agent);
      tracer.startSpan('execute_tool look_up', { attributes: TOOL }, inside).end();
      agent.end();
    }
  }

  /**
   * Makes events at a rate.
   *
   * @param mostInMemory - makes fewer if the machine is too slow for the rate, and so many are in memory only.
   */
  async run(perSecond: number, seconds: number, mostInMemory = Number.POSITIVE_INFINITY): Promise<void> {
    const begin = performance.now();
    let made = 0;
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - begin) {
      const room = mostInMemory - this.#inMemory;
      const due = Math.min(Math.floor((perSecond * elapsed) / 1000) - made, room);
      if (due >= EVENTS_OF_RUN) {
        this.burst(due);
        made += due;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  get made(): number {
    return this.processor.stats().eventsMade;
  }

  /** Events that the first sink neither has nor has lost. */
  get waiting(): number {
    return this.processor.stats().sinks[0]?.waiting ?? 0;
  }

  get #inMemory(): number {
    const { waiting = 0, spooled = 0 } = this.processor.stats().sinks[0] ?? {};
    return waiting - spooled;
  }

  get dropped(): number {
    return this.processor.stats().sinks[0]?.dropped ?? 0;
  }

  async stop(): Promise<void> {
    await this.#provider.shutdown();
  }
}
