// Uses every export of the package, as applications do. `npm run test:package` type-checks it in a project that has
// installed the packed package, under several compiler settings. A new export is used here, too.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  type Author,
  type CaptureMode,
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type ChaukasSpanProcessorStats,
  type DataAccessOptions,
  EVENT_TYPES,
  type EventContent,
  type EventSink,
  type EventStatus,
  type EventType,
  FileSink,
  type FileSinkOptions,
  type ManuallyInstrumentedModules,
  MemorySink,
  OpenAIAgentsInstrumentation,
  type OpenAIAgentsInstrumentationConfig,
  type PolicyDecisionOptions,
  recordDataAccess,
  recordPolicyDecision,
  recordStateUpdate,
  recordSystemEvent,
  type SessionHandle,
  type SessionOptions,
  type Severity,
  type StateUpdateOptions,
  StdoutSink,
  type SystemEventOptions,
  startSession,
  type TelemetryOptions,
  type ToolEventPatterns,
  type ToolNamePattern,
  type TraceOpenAIOptions,
  traceOpenAI,
  withSession,
} from 'opentelemetry-instrumentation-openai-agents';

// As in the README.
const sdk = new NodeSDK({
  instrumentations: [new OpenAIAgentsInstrumentation()],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new ChaukasSpanProcessor({ sinks: [new FileSink({ path: 'audit/events.jsonl' })] }),
  ],
});
sdk.start();

// With every option, and without NodeSDK.
const instrumentationConfig: OpenAIAgentsInstrumentationConfig = {
  enabled: true,
  captureMessageContent: 'SPAN_ONLY',
  contentLengthLimit: 10_000,
  legacyMetrics: true,
};
const instrumentation = new OpenAIAgentsInstrumentation(instrumentationConfig);
const modules: ManuallyInstrumentedModules = { openai: class {}, agents: {} };
instrumentation.manuallyInstrument(modules);
instrumentation.disable();
instrumentation.enable();

// One client, by the same options.
const mode: CaptureMode = 'SPAN_AND_EVENT';
const telemetryOptions: TelemetryOptions = { captureMessageContent: mode };
const traceOptions: TraceOpenAIOptions = { ...telemetryOptions, tracerProvider: new NodeTracerProvider() };
export const traceClient = <Client extends object>(client: Client): Client =>
  traceOpenAI(client, traceOptions);

/** A sink of one's own. */
class CountingSink implements EventSink {
  readonly name = 'count';
  readonly requiresTenant = true;
  count = 0;
  async send(events: readonly ChaukasEvent[]): Promise<void> {
    this.count += events.length;
  }
  sendSync(events: readonly ChaukasEvent[]): void {
    this.count += events.length;
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const queries: readonly ToolNamePattern[] = ['database_query', /^search_/];
const toolEvents: ToolEventPatterns = { dataAccess: queries, stateUpdate: ['update_*'] };

const fileOptions: FileSinkOptions = { path: 'audit/events.jsonl' };
const memory = new MemorySink();
const processorConfig: ChaukasSpanProcessorConfig = {
  tenantId: 'acme',
  projectId: 'support',
  sinks: [new FileSink(fileOptions), new StdoutSink(), memory, new CountingSink()],
  branch: 'main',
  tags: ['production'],
  captureMessageContent: false,
  sessionIdleTimeoutMillis: 60_000,
  maxQueueSize: 1_000,
  toolEvents,
  systemEvents: false,
};
const processor: ChaukasSpanProcessor & SpanProcessor = new ChaukasSpanProcessor(processorConfig);
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
instrumentation.setTracerProvider(provider);

// What the application's function returns comes back, in its own type.
const session: SessionOptions = { id: 'session-1', name: 'support', metadata: { channel: 'chat' } };
const answer: Promise<string> = withSession(session, async () => 'hello');
const length: number = withSession({}, () => 3);

// A session that ends elsewhere than it begins.
const chat: SessionHandle = startSession({ ...session, id: 'session-2' });
const reply: Promise<string> = chat.with(async () => 'hello again');
const within = chat.context.setValue(Symbol.for('kept'), chat.id);
chat.fail(new Error('the connection broke'));
{
  using inBlock = startSession();
  inBlock.end();
}

// What no SDK can tell. Objects of an application's own types are taken, too.
interface Ticket {
  id: string;
  open: boolean;
}
const ticket: Ticket = { id: 'T-1', open: false };
const decision: PolicyDecisionOptions = { policyId: 'limit', outcome: 'deny', ruleIds: ['r-1'] };
const access: DataAccessOptions = { datasource: 'postgres://crm', piiCategories: ['email'] };
const update: StateUpdateOptions = { state: ticket, author: 'agent' };
const message: SystemEventOptions = { message: 'allow-list reloaded', severity: 'warn' };
recordPolicyDecision(decision);
recordDataAccess(access);
recordStateUpdate(update);
recordSystemEvent(message);

const stats: ChaukasSpanProcessorStats = processor.stats();
export const delivered: number = stats.eventsDelivered;

/** Everything that a reader of events may want to name. */
export function describe(event: ChaukasEvent): string {
  const type: EventType = event.type;
  const status: EventStatus = event.status;
  const author: Author = event.author;
  const severity: Severity = event.severity;
  const content: EventContent = event;
  const known: boolean = EVENT_TYPES.includes(type);
  return [type, status, author, severity, content.message?.text, known].join(' ');
}

console.log(await answer, await reply, within, length, memory.events.map(describe));
await provider.shutdown();
