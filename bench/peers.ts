/**
 * Other instrumentations of the client, in the versions of `scripts/beside/package-lock.json`, with what they record by
 * default. None sends anything. `@opentelemetry/instrumentation-openai` is missing: 0.21.0 takes openai below 7.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { type TracerProvider, trace } from '@opentelemetry/api';
import type { Client, OpenAIModule } from './client-variants.js';

export const PEERS = ['OpenInference', 'OpenLLMetry', 'Langfuse', 'Sentry', 'LangSmith', 'dd-trace'] as const;

export type PeerName = (typeof PEERS)[number];

/** The peers whose records are not spans of OpenTelemetry, or of a provider of their own. */
export const PEERS_WITHOUT_SPANS = ['Sentry', 'LangSmith', 'dd-trace'] as const satisfies readonly PeerName[];

export function isPeer(name: string): name is PeerName {
  return (PEERS as readonly string[]).includes(name);
}

/** The folder with the peers, which the parent process installs. */
export const PEERS_FOLDER_VARIABLE = 'BENCH_PEERS';

interface InstrumentedByPeer {
  readonly openai: OpenAIModule;
  readonly wrap?: (client: Client) => Client;
}

type Require = (name: string) => unknown;

interface InstrumentationClass {
  new (): { setTracerProvider(provider: TracerProvider): void; manuallyInstrument(module: unknown): void };
}

export async function instrumentWithPeer(
  name: PeerName,
  newProvider: () => TracerProvider,
): Promise<InstrumentedByPeer> {
  const folder = process.env[PEERS_FOLDER_VARIABLE];
  if (folder === undefined)
    throw new Error(`${PEERS_FOLDER_VARIABLE} is not set to the folder with the peers`);
  const require = createRequire(path.join(folder, 'package.json'));
  return SET_UPS[name](require, newProvider);
}

const loadOpenAI = (require: Require) => require('openai') as OpenAIModule;

const SET_UPS: Readonly<
  Record<PeerName, (require: Require, newProvider: () => TracerProvider) => InstrumentedByPeer>
> = {
  OpenInference: (require, newProvider) =>
    byHand(require, newProvider, '@arizeai/openinference-instrumentation-openai', ({ OpenAI }) => ({
      OpenAI,
    })),
  OpenLLMetry: (require, newProvider) =>
    byHand(require, newProvider, '@traceloop/instrumentation-openai', ({ OpenAI }) => OpenAI),
  Langfuse: (require, newProvider) => {
    trace.setGlobalTracerProvider(newProvider());
    const { observeOpenAI } = require('@langfuse/openai') as { observeOpenAI(client: Client): Client };
    return { openai: loadOpenAI(require), wrap: observeOpenAI };
  },
  Sentry: (require) => {
    const sentry = require('@sentry/node') as {
      init(options: unknown): void;
      openAIIntegration(): unknown;
    };
    sentry.init({
      dsn: 'http://key@127.0.0.1:9/1',
      tracesSampleRate: 1,
      integrations: [sentry.openAIIntegration()],
      transport: () => ({ send: async () => ({}), flush: async () => true }),
    });
    return { openai: loadOpenAI(require) };
  },
  LangSmith: (require) => {
    process.env.LANGSMITH_TRACING = 'true';
    const { Client: LangSmithClient } = require('langsmith') as { Client: new (options: unknown) => object };
    const { wrapOpenAI } = require('langsmith/wrappers/openai') as {
      wrapOpenAI(client: Client, options: unknown): Client;
    };
    const client = new LangSmithClient({ apiKey: 'k', apiUrl: 'http://127.0.0.1:9' });
    Object.assign(client, { createRun: async () => {}, updateRun: async () => {} });
    return { openai: loadOpenAI(require), wrap: (openai) => wrapOpenAI(openai, { client }) };
  },
  'dd-trace': (require) => {
    const tracer = require('dd-trace') as { init(options: unknown): unknown };
    // Its spans are encoded, and wait for a flush that does not come.
    tracer.init({
      url: 'http://127.0.0.1:9',
      flushInterval: 3_600_000,
      startupLogs: false,
      telemetry: { enabled: false },
    });
    return { openai: loadOpenAI(require) };
  },
};

function byHand(
  require: Require,
  newProvider: () => TracerProvider,
  packageName: string,
  module: (openai: OpenAIModule) => unknown,
): InstrumentedByPeer {
  const openai = loadOpenAI(require);
  const { OpenAIInstrumentation } = require(packageName) as { OpenAIInstrumentation: InstrumentationClass };
  const instrumentation = new OpenAIInstrumentation();
  instrumentation.setTracerProvider(newProvider());
  instrumentation.manuallyInstrument(module(openai));
  return { openai };
}
