// Uses every export of the package as applications do. `npm run test:package` type-checks this file in a project that
// has installed the packed package, under several compiler settings. Add each new export here.
import type { KeyObject } from 'node:crypto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  AlwaysRecordSampler,
  type Approver,
  type Author,
  type CaptureMode,
  ChaukasApiSink,
  type ChaukasApiSinkOptions,
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type ChaukasSpanProcessorStats,
  type CheckpointDetails,
  type CheckpointOptions,
  type CheckpointSigner,
  type ContextOptions,
  type CostOptions,
  configFromEnv,
  type DataAccessOptions,
  type DeadLetterOptions,
  DeliveryError,
  type DeliveryErrorOptions,
  type DeliveryOptions,
  type DeliveryOutcome,
  type DeliveryRetryOptions,
  EVENT_TYPES,
  type EventContent,
  type EventSink,
  type EventStatus,
  type EventType,
  type FeedbackOptions,
  type FileRotationOptions,
  FileSink,
  type FileSinkOptions,
  HttpSink,
  type HttpSinkOptions,
  type KafkaCompression,
  type KafkaProducer,
  type KafkaRecord,
  type KafkaSasl,
  KafkaSink,
  type KafkaSinkOptions,
  type LogExporter,
  type LogExportResult,
  type LogResource,
  type ManuallyInstrumentedModules,
  MemorySink,
  type ModelPrices,
  type ModelPricing,
  OpenAIAgentsInstrumentation,
  type OpenAIAgentsInstrumentationConfig,
  OtlpLogSink,
  type OtlpLogSinkOptions,
  type PolicyDecisionOptions,
  type RedactionCallback,
  type RedactionDetector,
  type RedactionEventInfo,
  type RedactionField,
  type RedactionMethod,
  type RedactionOptions,
  type RedactionPattern,
  type RetryDetectionOptions,
  recordDataAccess,
  recordFeedback,
  recordPolicyDecision,
  recordStateUpdate,
  recordSystemEvent,
  type Sampler,
  type SamplingResult,
  type SendOptions,
  type SessionHandle,
  type SessionOptions,
  type Severity,
  type SinkFetch,
  type SinkInThread,
  type SinkRequest,
  type SinkResponse,
  type SinkStats,
  type SpoolOptions,
  type StateUpdateOptions,
  StdoutSink,
  type StoredEvents,
  type StoredStream,
  type SystemEventOptions,
  startSession,
  type TelemetryOptions,
  type ToolEventPatterns,
  type ToolNamePattern,
  type TraceOpenAIOptions,
  traceOpenAI,
  type WebhookSigning,
  withApprover,
  withContext,
  withSession,
} from 'opentelemetry-instrumentation-openai-agents';
import {
  batchFromRestJson,
  batchToRestJson,
  decodeBatch,
  decodeEvent,
  decodeEventRequest,
  type EventBatch,
  EventFormatError,
  EventVerifier,
  encodeBatch,
  encodeEvent,
  encodeEventRequest,
  eventFromJson,
  eventFromRestJson,
  eventToJson,
  eventToRestJson,
  type Finding,
  type FindingCode,
  formatVerifierKey,
  type ProofResult,
  type ProofVerificationOptions,
  type ProvenEvent,
  type ProveResult,
  proveEvent,
  type VerificationOptions,
  type VerificationReport,
  verifyEvents,
  verifyProof,
} from 'opentelemetry-instrumentation-openai-agents/chaukas';
import {
  type AuditCloudEvent,
  BinaryFormatter,
  type BinaryMessage,
  type CloudEventAttributes,
  type CloudEventAttributeValue,
  CloudEventFormatError,
  type CloudEventHttpMessage,
  type CloudEventKafkaMessage,
  type CloudEventOptions,
  type CloudEventShape,
  type CloudEventSink,
  CloudEventsEmitter,
  type CloudEventsEmitterOptions,
  type CloudEventText,
  type EmittedCloudEvent,
  type SinkStats as EmitterStats,
  fromCloudEvent,
  fromHttpMessage,
  fromKafkaMessage,
  type HttpContentMode,
  JsonFormatter,
  type JsonFormatterOptions,
  type KafkaContentMode,
  type KafkaMessageOptions,
  OSSA_EVENT_TYPES,
  type OssaEventData,
  type OssaEventType,
  type ReceivedHeaders,
  type ReceivedKafkaMessage,
  type StdoutSinkOptions,
  toCloudEvent,
  toHttpBatch,
  toHttpMessage,
  toKafkaMessage,
} from 'opentelemetry-instrumentation-openai-agents/cloudevents';
import {
  eventLines,
  type FinishedSpan,
  loadScenarios,
  type ModelScenario,
  type ModelServer,
  type ModelServerOptions,
  type ModelServerRequest,
  type RecordedTelemetry,
  type RecordTelemetryOptions,
  type RestoreSink,
  recordTelemetry,
  type ScenarioCondition,
  type ScenarioFault,
  type ScenarioReply,
  type ScenarioStep,
  type SinkCase,
  type SinkUnderTest,
  sinkConformance,
  spanTree,
  startModelServer,
} from 'opentelemetry-instrumentation-openai-agents/testing';

// Registration as in the README.
const sdk = new NodeSDK({
  instrumentations: [new OpenAIAgentsInstrumentation()],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new ChaukasSpanProcessor({ sinks: [new FileSink({ path: 'audit/events.jsonl' })] }),
  ],
});
sdk.start();

// Registration with every option, and without NodeSDK.
const instrumentationConfig: OpenAIAgentsInstrumentationConfig = {
  enabled: true,
  captureMessageContent: 'SPAN_ONLY',
  contentLengthLimit: 10_000,
  redaction: { detectors: ['email'], fields: ['tool_response.output.customer.*'] },
  legacyMetrics: true,
  otherCalls: false,
};
const instrumentation = new OpenAIAgentsInstrumentation(instrumentationConfig);
const modules: ManuallyInstrumentedModules = { openai: class {}, agents: {}, sockets: {} };
instrumentation.manuallyInstrument(modules);
instrumentation.disable();
instrumentation.enable();

// A single client, with the same options.
const mode: CaptureMode = 'SPAN_AND_EVENT';
const telemetryOptions: TelemetryOptions = { captureMessageContent: mode };
const traceOptions: TraceOpenAIOptions = { ...telemetryOptions, tracerProvider: new NodeTracerProvider() };
export const traceClient = <Client extends object>(client: Client): Client =>
  traceOpenAI(client, traceOptions);

/** A sink that an application writes. */
const backoff: DeliveryRetryOptions = { initialDelayMillis: 500, maxDelayMillis: 10_000 };

class CountingSink implements EventSink {
  readonly name = 'count';
  readonly requiresTenant = true;
  count = 0;
  readonly delivery: DeliveryOptions = { maxBatchSize: 100, retry: backoff };
  readonly inThread: SinkInThread = {
    module: 'file:///app/sinks.js',
    exportName: 'CountingSink',
    options: {},
  };
  async send(
    events: readonly ChaukasEvent[],
    _lines: readonly string[],
    options?: SendOptions,
  ): Promise<void> {
    const outcome: DeliveryOutcome = 'retry';
    const failed: DeliveryErrorOptions = { outcome, retryAfterMillis: 1_000 };
    if (options?.signal.aborted) throw new DeliveryError('too late', failed);
    this.count += events.length;
  }
  sendSync(events: readonly ChaukasEvent[]): void {
    this.count += events.length;
  }
  storedEvents(): StoredEvents {
    const streams: readonly StoredStream[] = [];
    return { chainHeads: new Map(), streams };
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const queries: readonly ToolNamePattern[] = ['database_query', /^search_/];
const toolEvents: ToolEventPatterns = { dataAccess: queries, stateUpdate: ['update_*'] };

// The options that make the events evidence.
const method: RedactionMethod = 'hash';
const field: RedactionField = { path: '**.date_of_birth', category: 'birth', method: 'drop' };
const pattern: RedactionPattern = { category: 'customer_id', pattern: /C-\d{6}/, method: 'mask' };
const detectors: readonly RedactionDetector[] = ['email', 'phone'];
const callback: RedactionCallback = (value, path, event: RedactionEventInfo) =>
  path.endsWith('.note') && event.type === 'EVENT_TYPE_TOOL_CALL_END' ? undefined : value;
const redaction: RedactionOptions = {
  detectors,
  patterns: [pattern],
  fields: [field, 'tool_response.output.customer.*'],
  method,
  methods: { email: 'mask' },
  salt: '0123456789abcdef',
  saltId: 'one',
  callback,
  maxFieldLength: 10_000,
};
const prices: ModelPrices = { inputPerMillion: 1.25, outputPerMillion: 10 };
const pricing: ModelPricing = { ...prices, serviceTiers: { flex: prices } };
const cost: CostOptions = { prices: { 'gpt-5': pricing }, providersByHost: { 'llm.internal': 'openai' } };
const sign: CheckpointSigner = async (data) => data.subarray(0, 64);
const anchored: CheckpointDetails[] = [];
const checkpoints: CheckpointOptions = {
  key: sign,
  publicKey: 'audit-key.pub.pem',
  keyId: 'example.com/kms',
  maxEvents: 100,
  intervalMillis: 1_000,
  onCheckpoint: (note, details) => anchored.push(details) && note,
  anchor: 'span',
};
const retryDetection: RetryDetectionOptions = {
  maxAttempts: 3,
  windowMillis: 60_000,
  strategy: 'exponential',
  baseDelayMillis: 500,
};

const rotation: FileRotationOptions = { maxBytes: 100_000_000, maxAgeMillis: 86_400_000, gzip: true };
const fileOptions: FileSinkOptions = { path: 'audit/events.jsonl', rotation };
const memory = new MemorySink();
const apiFetch: SinkFetch = (url: string, request: SinkRequest): Promise<SinkResponse> => fetch(url, request);
const apiOptions: ChaukasApiSinkOptions = {
  endpoint: 'https://api.example.com/v1',
  apiKey: 'key',
  encoding: 'json',
  gzip: true,
  fetch: apiFetch,
};
const signing: WebhookSigning = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
const httpOptions: HttpSinkOptions = { url: 'https://audit.example/events', mode: 'structured', signing };
const records: KafkaRecord[] = [];
const producer: KafkaProducer = { send: async ({ messages }) => records.push(...messages) };
const compression: KafkaCompression = 'gzip';
export const sasl: KafkaSasl = { mechanism: 'PLAIN', username: 'desk', password: async () => 'secret' };
const kafkaOptions: KafkaSinkOptions = { producer, topic: 'agent-events', mode: 'binary', compression };
const logExporter: LogExporter = {
  export(_records, done) {
    const result: LogExportResult = { code: 0 };
    done(result);
  },
  async shutdown() {},
};
const logResource: LogResource = { attributes: { 'service.name': 'desk' } };
const logOptions: OtlpLogSinkOptions = { exporter: logExporter, rawLine: true, resource: logResource };
const spool: SpoolOptions = {
  directory: 'audit/spool',
  maxBytes: 1e9,
  whenFull: 'refuse-new',
  fsync: 'never',
};
const deadLetter: DeadLetterOptions = { path: 'audit/dead-letters.jsonl', maxBytes: 1_000_000 };
const processorConfig: ChaukasSpanProcessorConfig = {
  tenantId: 'acme',
  projectId: 'support',
  sinks: [
    new FileSink(fileOptions),
    new StdoutSink(),
    memory,
    new CountingSink(),
    new ChaukasApiSink(apiOptions),
    new HttpSink(httpOptions),
    new KafkaSink(kafkaOptions),
    new OtlpLogSink(logOptions),
  ],
  branch: 'main',
  tags: ['production'],
  captureMessageContent: false,
  sessionIdleTimeoutMillis: 60_000,
  maxQueueSize: 1_000,
  maxQueueBytes: 1_000_000,
  spool,
  deadLetter,
  toolEvents,
  redaction,
  cost,
  checkpoints,
  retryDetection,
  infrastructureMetrics: true,
  systemEvents: false,
};
export const fromEnvironment: ChaukasSpanProcessorConfig = configFromEnv(processorConfig, {});
const processor: ChaukasSpanProcessor & SpanProcessor = new ChaukasSpanProcessor(processorConfig);
const everyTenth: Sampler = {
  shouldSample: (_context, traceId): SamplingResult => ({ decision: traceId.endsWith('0') ? 2 : 0 }),
  toString: () => 'every tenth',
};
const provider = new NodeTracerProvider({
  sampler: new AlwaysRecordSampler(everyTenth),
  spanProcessors: [processor],
});
instrumentation.setTracerProvider(provider);

// The result of the application's function comes back in its own type.
const session: SessionOptions = { id: 'session-1', name: 'support', metadata: { channel: 'chat' } };
const answer: Promise<string> = withSession(session, async () => 'hello');
const length: number = withSession({}, () => 3);
const user: ContextOptions = { userId: 'u-17', tags: ['beta'], metadata: { plan: 'gold' } };
export const forUser: Promise<string> = withContext(user, async () => 'hello');

// A session that does not end where it begins.
const chat: SessionHandle = startSession({ ...session, id: 'session-2' });
const reply: Promise<string> = chat.with(async () => 'hello again');
const within = chat.context.setValue(Symbol.for('kept'), chat.id);
chat.fail(new Error('the connection broke'));
{
  using inBlock = startSession();
  inBlock.end();
}

// Facts that only the application knows. Objects of an application's own types are accepted, too.
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
const approver: Approver = { id: 'u-17', name: 'Alice', role: 'finance', channel: 'web' };
withApprover(approver, () => recordPolicyDecision({ ...decision, approver, author: 'user' }));
recordDataAccess(access);
recordStateUpdate(update);
recordSystemEvent(message);
const feedback: FeedbackOptions = { name: 'helpful', value: true, label: 'good', comment: 'Solved it.' };
recordFeedback(feedback);

const stats: ChaukasSpanProcessorStats = processor.stats();
export const sinkStats: readonly SinkStats[] = stats.sinks;
export const delivered: number = stats.eventsDelivered;

/** The types that a reader of events may want to name. */
export function describe(event: ChaukasEvent): string {
  const type: EventType = event.type;
  const status: EventStatus = event.status;
  const author: Author = event.author;
  const severity: Severity = event.severity;
  const content: EventContent = event;
  const known: boolean = EVENT_TYPES.includes(type);
  return [type, status, author, severity, content.message?.text, known].join(' ');
}

// Events as they are written and read.
const options: VerificationOptions = { publicKeys: [] };
export const report: Promise<VerificationReport> = verifyEvents(memory.events, options);
const codes = ({ findings }: VerificationReport): FindingCode[] =>
  findings.map((finding: Finding) => finding.code);
const verifier = new EventVerifier(options);
for (const [index, event] of memory.events.entries()) verifier.add(eventToJson(event), index + 1);
const proofOptions: ProofVerificationOptions = { publicKeys: [], witnessKeys: [] };
const proof: ProofResult = verifyProof('c2sp.org/tlog-proof@v1', proofOptions);
export const proven: ProvenEvent | undefined = proof.proven;
export const made: Promise<ProveResult> = proveEvent(memory.events, 'event-id');
export const verifierKey = (key: KeyObject): string => formatVerifierKey('log.example', key);
const batch: EventBatch = { batch_id: 'b-1', events: memory.events };
export const decoded: ChaukasEvent[] = memory.events.flatMap((event) => [
  decodeEvent(encodeEvent(event)),
  decodeEventRequest(encodeEventRequest(event)),
  eventFromJson(eventToJson(event)),
  eventFromRestJson(eventToRestJson(event)),
]);
export const batches: EventBatch[] = [
  decodeBatch(encodeBatch(batch)),
  batchFromRestJson(batchToRestJson(batch)),
];
try {
  eventFromJson('{}');
} catch (error) {
  if (error instanceof EventFormatError) console.log(error.path, error.problem);
}
console.log(verifier.end().events, within, length, memory.events.map(describe));

// In a test.
const testOptions: RecordTelemetryOptions = {
  ...modules,
  tenantId: 'acme',
  instrumentation: telemetryOptions,
};
export const recorded = (): RecordedTelemetry => recordTelemetry(testOptions);
export async function recordedLines(telemetry: RecordedTelemetry): Promise<string[]> {
  const spans: FinishedSpan[] = telemetry.spans();
  const lines = [...spanTree(spans), ...telemetry.spanTree(), ...eventLines(await telemetry.events())];
  lines.push(...(await telemetry.eventLines()));
  await telemetry.reset();
  await telemetry.stop();
  return lines;
}
const when: ScenarioCondition = { offersTool: 'get_weather' };
const fault: ScenarioFault = { fault: 'rate-limit', times: 1 };
const said: ScenarioReply = { text: 'Sunny.' };
const step: ScenarioStep = { when, faults: [fault], reply: said };
const scenario: ModelScenario = { id: 'weather', steps: [step] };
export async function served(folder: string): Promise<readonly ModelServerRequest[]> {
  const serverOptions: ModelServerOptions = {
    port: 0,
    scenarios: [scenario, ...(await loadScenarios(folder))],
  };
  const server: ModelServer = await startModelServer(serverOptions);
  await server.close();
  return server.requests;
}

// No await at the top level, which a CommonJS module does not have.
async function end(): Promise<void> {
  console.log(codes(await report), await answer, await reply);
  await provider.shutdown();
}
void end();

// CloudEvents on their own.
const stdoutOptions: StdoutSinkOptions = { pretty: true };
const retry: DeliveryRetryOptions = { initialDelayMillis: 100 };
const outcome: DeliveryOutcome = 'retry';
const failure: DeliveryErrorOptions = { outcome, retryAfterMillis: 1_000 };

/** A sink of CloudEvents that an application writes. */
class PostingSink implements CloudEventSink {
  readonly name = 'posting';
  readonly delivery: DeliveryOptions = { maxBatchSize: 10, retry };
  async sendCloudEvents(events: readonly CloudEventShape[], { signal }: Partial<SendOptions> = {}) {
    const batch: CloudEventText[] = events.map((event) => ({ event }));
    const { headers, body }: CloudEventHttpMessage = toHttpBatch(batch);
    if (signal?.aborted) throw new DeliveryError(`${body.length} bytes, ${headers['content-type']}`, failure);
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const emitterOptions: CloudEventsEmitterOptions = {
  source: 'ossa/my-agent',
  sink: new PostingSink(),
  batchSize: 5,
  flushIntervalMs: 1_000,
};
const started: OssaEventData['dev.ossa.agent.started'] = { agent_id: '1' };
const extension: CloudEventAttributeValue = new Date();
const attributes: CloudEventAttributes = { ossaagentid: 'my-agent', ext: extension };
export async function emitEvents(): Promise<void> {
  await using emitter = new CloudEventsEmitter(emitterOptions);
  const type: OssaEventType = OSSA_EVENT_TYPES.AGENT_STARTED;
  emitter.emit(OSSA_EVENT_TYPES.AGENT_STARTED, started, attributes);
  const order: EmittedCloudEvent<{ total: number }> = emitter.emit('com.example.order', { total: 1 });
  await emitter.flush();
  const counts: EmitterStats = emitter.stats();
  console.log(counts.delivered, order.data?.total, type);
}
const source: CloudEventOptions = { source: 'https://shop.example' };
const modes: readonly (HttpContentMode & KafkaContentMode)[] = ['structured', 'binary'];
const toKafka: KafkaMessageOptions = { keyField: 'ossaagentid' };
const formatterOptions: JsonFormatterOptions = { pretty: true, indent: 4 };
const json = new JsonFormatter(formatterOptions);
export const carried: ChaukasEvent[] = memory.events.flatMap((event) => {
  const cloudEvent: AuditCloudEvent = toCloudEvent(event, source);
  return modes.flatMap((mode) => {
    const http = toHttpMessage(cloudEvent, mode);
    const received: ReceivedHeaders = http.headers;
    const message: CloudEventKafkaMessage = toKafkaMessage(cloudEvent, mode, toKafka);
    const record: ReceivedKafkaMessage = message;
    const binary: BinaryMessage = new BinaryFormatter().format(cloudEvent);
    return [
      ...fromHttpMessage(received, http.body),
      fromKafkaMessage(record),
      new BinaryFormatter().parse(binary.headers, binary.body),
      json.parse(json.format(cloudEvent)),
    ].map(fromCloudEvent);
  });
});
try {
  json.parse('{}');
} catch (error) {
  if (error instanceof CloudEventFormatError) console.log(error.message, new StdoutSink(stdoutOptions).name);
}

// The conformance of an application's own sink.
const restore: RestoreSink = () => {};
const tested = (): SinkUnderTest => {
  const sink = new MemorySink();
  return { sink, received: () => sink.events, fail: () => restore };
};
export const cases: SinkCase[] = sinkConformance(tested);
