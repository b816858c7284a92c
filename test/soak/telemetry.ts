import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  type EventSink,
  type ManuallyInstrumentedModules,
  OpenAIAgentsInstrumentation,
} from '../../src/index.js';

/** The telemetry of an application, which keeps nothing. */
export function startTelemetry(modules: ManuallyInstrumentedModules) {
  let openSpans = 0;
  const counter = {
    onStart() {
      openSpans += 1;
    },
    onEnd() {
      openSpans -= 1;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const openStarts = new Map<string, number>();
  const sink: EventSink = {
    name: 'soak',
    async send(events) {
      for (const { type, span_id, session_id } of events) {
        const end = type.endsWith('_END');
        if (!end && !type.endsWith('_START')) continue;
        const key = `${session_id} ${span_id} ${type.replace(/_(?:START|END)$/, '')}`;
        const count = (openStarts.get(key) ?? 0) + (end ? -1 : 1);
        if (count === 0) openStarts.delete(key);
        else openStarts.set(key, count);
      }
    },
    async forceFlush() {},
    async shutdown() {},
  };
  const discarded = {
    export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
    shutdown: async () => {},
    forceFlush: async () => {},
  };
  const processor = new ChaukasSpanProcessor({ sinks: [sink] });
  const provider = new NodeTracerProvider({
    spanProcessors: [new BatchSpanProcessor(discarded), counter, processor],
  });
  provider.register();
  const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: 'SPAN_AND_EVENT' });
  instrumentation.setTracerProvider(provider);
  instrumentation.setMeterProvider(new MeterProvider());
  instrumentation.manuallyInstrument(modules);
  return {
    flush: () => provider.forceFlush(),
    /** Counts spans and events that began and did not end. Nothing is recorded afterwards. */
    async left(): Promise<Readonly<Record<string, number>>> {
      // Ends the sessions that are still open.
      await provider.shutdown();
      const { eventsDropped } = processor.stats();
      return {
        'open spans': openSpans,
        'STARTs without an END': openStarts.size,
        'events dropped': eventsDropped,
      };
    },
  };
}
