/**
 * A local server with the API of OpenAI, for tests and experiments without a key. Its source is `examples/model-server`;
 * the build puts it into one file with what it imports, so that the package has no dependency for it.
 */
import { createRequire } from 'node:module';

/** Text in which `{{lastUser}}`, `{{model}}` and `{{toolResult:NAME}}` are replaced. */
type ScenarioText = string;

/** All parts must hold. Case is ignored when texts are compared. An empty condition always holds. */
export interface ScenarioCondition {
  readonly instructionsInclude?: string | undefined;
  readonly lastUserIncludes?: string | undefined;
  readonly offersTool?: string | undefined;
  /** Names of tools whose results have come since the last user message. */
  readonly hasToolResultFor?: string[] | undefined;
  readonly toolResultCount?: number | undefined;
}

/** A fault of the server. `times` is the number of requests that meet the fault; without it, every request does. */
export type ScenarioFault =
  | { fault: 'rate-limit'; times?: number | undefined; retryAfterMs?: number | undefined }
  | { fault: 'server-error'; times?: number | undefined }
  | {
      fault: 'http-error';
      times?: number | undefined;
      status: number;
      code?: string | undefined;
      message?: string | undefined;
    }
  | { fault: 'hang'; times?: number | undefined }
  | {
      fault: 'cut' | 'malformed-sse' | 'error-event';
      times?: number | undefined;
      afterChunks?: number | undefined;
    }
  | { fault: 'slow-first-chunk' | 'slow-chunk' | 'slow-body'; times?: number | undefined; ms: number };

/** An answer of the model: text or JSON, a refusal, tool calls, items, or the status `failed`. */
export interface ScenarioReply {
  text?: ScenarioText | undefined;
  /** The text as an object, which is sent as JSON: the answer to a request for structured output. */
  json?: Record<string, unknown> | undefined;
  /** Summary of the reasoning. Only Responses shows it; Chat Completions just counts its tokens. */
  reasoning?: ScenarioText | undefined;
  refusal?: ScenarioText | undefined;
  toolCalls?: { name: string; arguments: Record<string, unknown> }[] | undefined;
  /** Output items before the text, in Responses only, as they go over the wire. */
  items?: { [member: string]: unknown; type: string; id?: string | undefined }[] | undefined;
  /** Estimated if absent. */
  usage?:
    | {
        inputTokens: number;
        outputTokens: number;
        cachedTokens?: number | undefined;
        reasoningTokens?: number | undefined;
        cacheWriteTokens?: number | undefined;
        inputAudioTokens?: number | undefined;
        outputAudioTokens?: number | undefined;
      }
    | undefined;
  finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter' | undefined;
  status?: 'completed' | 'incomplete' | 'failed' | undefined;
  /** Model name in the answer, if it should differ from the requested one. */
  model?: string | undefined;
  serviceTier?: 'default' | 'flex' | 'scale' | 'priority' | 'fast' | undefined;
}

/** A step of a scenario: the answer to the requests that it fits. */
export interface ScenarioStep {
  when?: ScenarioCondition | undefined;
  faults?: ScenarioFault[] | undefined;
  reply: ScenarioReply;
}

/** The answers to a conversation, in code or as a JSON file. */
export interface ModelScenario {
  /** Lower-case letters, digits, `.`, `_` and `-`. A request chooses the scenario by its header `x-scenario` or its model. */
  id: string;
  description?: string | undefined;
  /** Chooses the scenario for requests that name none. */
  match?: ScenarioCondition | undefined;
  /** Faults of every step. */
  faults?: ScenarioFault[] | undefined;
  /** The first step whose `when` fits answers. */
  steps?: ScenarioStep[] | undefined;
  /** The id of a scenario whose steps to take, instead of `steps`. */
  stepsOf?: string | undefined;
}

/** Options of {@link startModelServer}. All may be left out. */
export interface ModelServerOptions {
  /** @defaultValue 0, which takes any free port */
  readonly port?: number;
  /** @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** Scenarios that precede the shipped ones, and replace those with the same id. */
  readonly scenarios?: readonly ModelScenario[];
}

/** A request as it arrived. */
export interface ModelServerRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: number;
  /** Parsed JSON, the fields of a form, or the text itself if it is neither; `null` without a body. */
  readonly body: unknown;
  /** Id of the scenario that answered; `null` if none did. */
  readonly scenario: string | null;
  /** `null` until there is an answer, and for ever if the connection was cut or left hanging. */
  readonly status: number | null;
}

/** A server that runs. */
export interface ModelServer {
  /** `baseURL` for a client: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly origin: string;
  /** Every request received, in order of arrival (the last 10,000). */
  readonly requests: readonly ModelServerRequest[];
  /** Ids of all scenarios. */
  readonly scenarioIds: readonly string[];
  /** Stops at once and cuts open and streaming connections. */
  close(): Promise<void>;
}

interface ModelServerModule {
  startModelServer(options?: ModelServerOptions): Promise<ModelServer>;
  loadScenarios(folder: string): Promise<ModelScenario[]>;
}

/**
 * Starts a server with the API of OpenAI on this machine, which answers as its scenarios say.
 *
 * ```js
 * const server = await startModelServer({
 *   scenarios: [{ id: 'greeting', match: { lastUserIncludes: 'hello' }, steps: [{ reply: { text: 'Hi!' } }] }],
 * });
 * const client = new OpenAI({ baseURL: server.url, apiKey: 'sk-local' });
 * ```
 *
 * @throws Error - (as a rejection) naming what is wrong in a scenario, or the port that cannot be used.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  return modelServerModule().startModelServer(options);
}

/**
 * Reads the scenarios in the `*.json` files of a folder, for `startModelServer({ scenarios })`.
 *
 * @throws Error - (as a rejection) for the first invalid file, with its name, the place and the fix.
 */
export async function loadScenarios(folder: string): Promise<ModelScenario[]> {
  return modelServerModule().loadScenarios(folder);
}

/** Loaded on use, because it is large. */
function modelServerModule(): ModelServerModule {
  return createRequire(import.meta.url)('#model-server') as ModelServerModule;
}
