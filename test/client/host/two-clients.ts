/** The same client twice: one copy of `openai` without us, and one that is instrumented. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { InMemorySpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation, type OpenAIAgentsInstrumentationConfig } from '../../../src/index.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';

type ClientOptions = ConstructorParameters<typeof openai.OpenAI>[0];
type Fetch = NonNullable<NonNullable<ClientOptions>['fetch']>;

export type NewClient = (options?: ClientOptions) => openai.OpenAI;

export interface TwoClients {
  /** The finished spans; empty if no provider was asked for. */
  readonly exporter: InMemorySpanExporter | undefined;
  /** Runs an action with each kind of client and returns what came of it. */
  both<T>(action: (newClient: NewClient) => T): { bare: T; instrumented: T };
  bothAsync<T>(action: (newClient: NewClient) => Promise<T>): Promise<{ bare: T; instrumented: T }>;
  stop(): Promise<void>;
}

/** Once a test file, since the provider is the process's own. */
export async function startTwoClients(
  config: OpenAIAgentsInstrumentationConfig,
  spanProcessors?: SpanProcessor[],
): Promise<TwoClients> {
  // Loaded before the instrumentation is enabled, so that no hook sees it. In the version matrix OPENAI_DIR is the
  // package that the import above is redirected to; both copies must be of one version.
  const { OPENAI_DIR } = process.env;
  const from = OPENAI_DIR === undefined ? import.meta.url : path.resolve(OPENAI_DIR, 'index.js');
  const bare = createRequire(from)('openai') as typeof openai;
  const tracing = spanProcessors && (await registerTracerProvider(spanProcessors));
  const instrumentation = new OpenAIAgentsInstrumentation(config);
  instrumentation.manuallyInstrument({ openai });
  const maker =
    ({ OpenAI }: typeof openai): NewClient =>
    (options) =>
      new OpenAI({ apiKey: 'sk-local', maxRetries: 0, logLevel: 'off', ...options });
  return {
    exporter: tracing?.exporter,
    both: (action) => ({ bare: action(maker(bare)), instrumented: action(maker(openai)) }),
    bothAsync: async (action) => ({
      bare: await action(maker(bare)),
      instrumented: await action(maker(openai)),
    }),
    async stop() {
      instrumentation.disable();
      await tracing?.provider.shutdown();
    },
  };
}

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'ok' } }],
};

/** Answers each request with the same completion, and keeps the bodies. */
export function cannedCompletions(): { readonly fetch: Fetch; readonly bodies: unknown[] } {
  const bodies: unknown[] = [];
  return {
    bodies,
    fetch: async (_url, init) => {
      bodies.push(init?.body);
      return Response.json(COMPLETION);
    },
  };
}
