/**
 * The ways to record runs of agents that the benchmarks compare. Each runs in a process of its own, since the Agents SDK
 * has one trace provider per process. The SDK's own tracing stays on in all of them; in `bare` its traces go nowhere.
 *
 * Langfuse is missing: it has no integration of its own for the Agents SDK in JavaScript.
 */
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import path from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import { cannedRunFetch } from './canned-run-fetch.js';
import { DroppingProcessor, droppingSink } from './dropped-telemetry.js';
import { PEERS_FOLDER_VARIABLE } from './peers.js';

export type AgentsModule = typeof import('@openai/agents');
type OpenAIModule = typeof import('openai');

export const BARE = 'bare';

const OURS = {
  'ours: traces': {},
  'ours: content': { content: true },
  'ours: events': { events: true },
  'ours: all': { content: true, events: true },
} satisfies Record<string, Signals>;

const AGENT_PEERS = ['OpenInference', 'LangSmith', 'dd-trace'] as const;
type AgentPeer = (typeof AGENT_PEERS)[number];

type OwnVariant = keyof typeof OURS;
export type AgentVariant = typeof BARE | OwnVariant | AgentPeer;
export const AGENT_VARIANTS: readonly AgentVariant[] = [
  BARE,
  ...(Object.keys(OURS) as OwnVariant[]),
  ...AGENT_PEERS,
];

/** Peers whose records are not spans of OpenTelemetry. */
const WITHOUT_SPANS: readonly AgentVariant[] = [BARE, 'LangSmith', 'dd-trace'];

interface Signals {
  readonly content?: boolean;
  readonly events?: boolean;
}

/** A variant that is set up in this process. */
export interface AgentRuns {
  play(): Promise<void>;
  /** Waits for events on their way to their sink. */
  settle(): Promise<void>;
}

let recorded = 0;

const dropping = new DroppingProcessor();

/** Returns how many spans, or records of a peer that makes none, the variant has begun. */
export function recordsOf(name: AgentVariant): number {
  return WITHOUT_SPANS.includes(name) ? recorded : dropping.started;
}

export function setUpAgents(name: AgentVariant): AgentRuns {
  // Also in the variants that record nothing: a service has it for its other spans.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (isPeer(name)) return runsOf(instrumentWithPeer(name));
  const modules = load(createRequire(import.meta.url));
  modules.agents.setTraceProcessors([]);
  if (name === BARE) return runsOf(modules);
  const { content, events }: Signals = OURS[name];
  const processor = events
    ? new ChaukasSpanProcessor({ sinks: [droppingSink], systemEvents: false })
    : undefined;
  const instrumentation = new OpenAIAgentsInstrumentation({
    captureMessageContent: content ? 'SPAN_ONLY' : 'NO_CONTENT',
  });
  instrumentation.setTracerProvider(newProvider(processor === undefined ? [] : [processor]));
  instrumentation.manuallyInstrument(modules);
  return runsOf(modules, async () => processor?.forceFlush());
}

export function isPeer(name: AgentVariant): name is AgentPeer {
  return (AGENT_PEERS as readonly string[]).includes(name);
}

interface Modules {
  readonly agents: AgentsModule;
  readonly openai: OpenAIModule;
}

type Require = (name: string) => unknown;

function load(require: Require): Modules {
  return {
    agents: require('@openai/agents') as AgentsModule,
    openai: require('openai') as OpenAIModule,
  };
}

function newProvider(more: readonly SpanProcessor[] = []): NodeTracerProvider {
  return new NodeTracerProvider({ spanProcessors: [dropping, ...more] });
}

function instrumentWithPeer(name: AgentPeer): Modules {
  const folder = process.env[PEERS_FOLDER_VARIABLE];
  if (folder === undefined)
    throw new Error(`${PEERS_FOLDER_VARIABLE} is not set to the folder with the peers`);
  return PEER_SET_UPS[name](createRequire(path.join(folder, 'package.json')));
}

const PEER_SET_UPS: Readonly<Record<AgentPeer, (require: Require) => Modules>> = {
  OpenInference(require) {
    const modules = load(require);
    const { OpenAIAgentsInstrumentation: Instrumentation } =
      require('@arizeai/openinference-instrumentation-openai-agents') as {
        OpenAIAgentsInstrumentation: new (options: unknown) => { manuallyInstrument(module: unknown): void };
      };
    const tracerProvider = newProvider();
    trace.setGlobalTracerProvider(tracerProvider);
    new Instrumentation({ tracerProvider }).manuallyInstrument(modules.agents);
    return modules;
  },
  LangSmith(require) {
    process.env.LANGSMITH_TRACING = 'true';
    const modules = load(require);
    const { Client } = require('langsmith') as { Client: new (options: unknown) => object };
    const { OpenAIAgentsTracingProcessor } = require('langsmith/wrappers/openai_agents') as {
      OpenAIAgentsTracingProcessor: new (
        options: unknown,
      ) => Parameters<AgentsModule['setTraceProcessors']>[0][number];
    };
    const client = new Client({ apiKey: 'k', apiUrl: 'http://127.0.0.1:9' });
    const count = async () => {
      recorded += 1;
    };
    Object.assign(client, { createRun: count, updateRun: count });
    modules.agents.setTraceProcessors([new OpenAIAgentsTracingProcessor({ client })]);
    return modules;
  },
  'dd-trace'(require) {
    const tracer = require('dd-trace') as { init(options: unknown): unknown };
    // Its spans are encoded, and wait for a flush that does not come.
    tracer.init({
      url: 'http://127.0.0.1:9',
      flushInterval: 3_600_000,
      startupLogs: false,
      telemetry: { enabled: false },
    });
    subscribe('dd-trace:span:start', () => {
      recorded += 1;
    });
    return load(require);
  },
};

function runsOf({ agents, openai }: Modules, settle = async () => {}): AgentRuns {
  agents.setDefaultOpenAIClient(
    new openai.OpenAI({
      apiKey: 'sk-local',
      baseURL: 'https://api.openai.com/v1',
      fetch: cannedRunFetch,
    }) as Parameters<AgentsModule['setDefaultOpenAIClient']>[0],
  );
  const tools = ['orders', 'stock'].map((name) =>
    agents.tool({
      name,
      description: `Looks up ${name}.`,
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
      execute: () => `${name} is fine`,
    }),
  );
  const common = { instructions: 'Answer briefly.', model: 'gpt-5-mini', tools };
  const shipping = agents.Agent.create({ ...common, name: 'shipping' });
  const stock = agents.Agent.create({ ...common, name: 'stock', handoffs: [shipping] });
  const desk = agents.Agent.create({ ...common, name: 'desk', handoffs: [stock] });
  return {
    async play() {
      const { finalOutput } = await agents.run(desk, 'Is all well?');
      if (finalOutput !== 'All is well.') throw new Error(`the run gave ${String(finalOutput)}`);
    },
    settle,
  };
}
