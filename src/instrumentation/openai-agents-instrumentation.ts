import { diag } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationModuleDefinition,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { Guard } from '../diagnostics/guard.js';
import type { JsonObject } from '../json/json.js';
import { asMembers, asRecord } from '../json/readers.js';
import { InstrumentationState } from '../signals/running-instrumentations.js';
import { type CaptureMode, type ContentCapture, contentCapture } from '../spans/content-policy.js';
import { type Instruments, InstrumentsCache } from '../spans/metrics/instruments.js';
import type { Telemetry } from '../spans/telemetry.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import { type AgentsOptions, findAgentsModule } from './agents/agents-hooks.js';
import { findClientClass } from './client/client-hooks.js';
import { type OpenAIAgentsInstrumentationConfig, validateInstrumentationConfig } from './config.js';
import { ModuleHooks } from './instrumented-modules.js';
import { findMcpClientClass } from './mcp/mcp-hooks.js';
import { findRealtimeModule } from './realtime/realtime-hooks.js';

/** The modules that {@link OpenAIAgentsInstrumentation.manuallyInstrument} takes; each may be left out. */
export interface ManuallyInstrumentedModules {
  /** The module `openai`, or its class `OpenAI` (or one derived from it, such as `AzureOpenAI`). */
  openai?: unknown;
  /** The module `@openai/agents` or `@openai/agents-core`. */
  agents?: unknown;
  /**
   * The module `@modelcontextprotocol/client` or `@modelcontextprotocol/sdk/client/index.js`, or its class `Client`,
   * for clients of your own: those that the Agents SDK makes are found with `agents`.
   */
  mcp?: unknown;
  /** The module `@openai/agents/realtime` or `@openai/agents-realtime`. */
  realtime?: unknown;
}

/** All versions: what a version offers is looked at, not its number, and a warning says what is missing. */
const ANY_VERSION = ['*'];

/**
 * OpenTelemetry instrumentation of the OpenAI client (`openai`) and the OpenAI Agents SDK (`@openai/agents`).
 *
 * Register it before the application imports these packages, with the loader hook where the application is ESM:
 *
 * ```ts
 * new NodeSDK({ instrumentations: [new OpenAIAgentsInstrumentation()] }).start();
 * ```
 *
 * Where no hook can see the imports (a bundle, a module that is loaded already), hand the modules over with
 * {@link manuallyInstrument}. Both may be combined; no call is recorded twice.
 *
 * Spans follow the OpenTelemetry GenAI semantic conventions.
 *
 * @throws TypeError - from the constructor, where an option is unknown or its value is not accepted.
 */
export class OpenAIAgentsInstrumentation extends InstrumentationBase<OpenAIAgentsInstrumentationConfig> {
  // The base class calls init() and enable() from its constructor, before this class' fields exist: so no field has
  // an initialiser, and what they hold is made when it is first needed.
  declare private hooks: ModuleHooks | undefined;
  declare private content: ContentCapture;
  declare private instrumentsCache: InstrumentsCache | undefined;
  declare private state: InstrumentationState | undefined;
  declare private definitions: InstrumentationModuleDefinition[] | undefined;

  constructor(config: OpenAIAgentsInstrumentationConfig = {}) {
    super(PACKAGE_NAME, PACKAGE_VERSION, config);
  }

  /**
   * Replaces the configuration; what is recorded from now on follows it.
   *
   * @throws TypeError - where an option is unknown or its value is not accepted.
   */
  override setConfig(config: OpenAIAgentsInstrumentationConfig = {}): void {
    validateInstrumentationConfig(config);
    super.setConfig(config);
    this.content = contentCapture(config, process.env, (message) => diag.warn(`${PACKAGE_NAME}: ${message}`));
  }

  /**
   * Instruments modules that the application has loaded itself.
   *
   * ```ts
   * import * as agents from '@openai/agents';
   * import * as openai from 'openai';
   * instrumentation.manuallyInstrument({ openai, agents });
   * ```
   *
   * @throws TypeError - where what is given is not the module it should be.
   */
  manuallyInstrument(modules: ManuallyInstrumentedModules): void {
    const { openai, agents, mcp, realtime } = asRecord(modules) ?? {};
    if ([openai, agents, mcp, realtime].every((module) => module === undefined)) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument() needs { openai }, { agents }, { mcp }, { realtime } or several`,
      );
    }
    const clientClass = openai === undefined ? undefined : findClientClass(openai);
    if (openai !== undefined && clientClass === undefined) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument({ openai }) needs the module 'openai' or its class OpenAI`,
      );
    }
    const agentsModule = agents === undefined ? undefined : findAgentsModule(agents);
    if (agents !== undefined && agentsModule === undefined) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument({ agents }) needs the module '@openai/agents' or '@openai/agents-core'`,
      );
    }
    const mcpClientClass = mcp === undefined ? undefined : findMcpClientClass(mcp);
    if (mcp !== undefined && mcpClientClass === undefined) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument({ mcp }) needs the module '@modelcontextprotocol/client' or ` +
          `'@modelcontextprotocol/sdk/client/index.js', or its class Client`,
      );
    }
    const realtimeModule = realtime === undefined ? undefined : findRealtimeModule(realtime);
    if (realtime !== undefined && realtimeModule === undefined) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument({ realtime }) needs the module '@openai/agents/realtime'`,
      );
    }
    if (clientClass !== undefined) this.ownHooks().addClient(clientClass);
    if (mcpClientClass !== undefined) this.ownHooks().addMcpClient(mcpClientClass);
    if (agentsModule !== undefined) this.ownHooks().addAgents(agentsModule);
    if (realtimeModule !== undefined) this.ownHooks().addRealtime(realtimeModule);
  }

  override enable(): void {
    super.enable();
    this.ownHooks().install();
    this.ownState().started();
  }

  /** Takes every hook out again. Calls that are under way end their spans. */
  override disable(): void {
    super.disable();
    this.hooks?.uninstall();
    this.ownState().stopped();
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const onOpenAI = (exports: unknown) => {
      const clientClass = findClientClass(exports);
      if (clientClass !== undefined) this.ownHooks().addClient(clientClass);
      return exports;
    };
    const onAgents = (exports: unknown) => {
      const agents = findAgentsModule(exports);
      if (agents !== undefined) this.ownHooks().addAgents(agents);
      return exports;
    };
    const onAgentsOpenAI = (exports: unknown) => {
      const members = asMembers(exports);
      if (members !== undefined) this.ownHooks().addExporter(members);
      return exports;
    };
    const onRealtime = (exports: unknown) => {
      const realtime = findRealtimeModule(exports);
      if (realtime !== undefined) this.ownHooks().addRealtime(realtime);
      return exports;
    };
    const onMcpClient = (exports: unknown) => {
      const clientClass = findMcpClientClass(exports);
      if (clientClass !== undefined) this.ownHooks().addMcpClient(clientClass);
      return exports;
    };
    // 1.x has no main module; agents-core uses it up to 0.14, and 2.x, which is another package, from then on.
    const mcpClientFiles = ['esm', 'cjs'].map(
      (build) =>
        new InstrumentationNodeModuleFile(
          `@modelcontextprotocol/sdk/dist/${build}/client/index.js`,
          ANY_VERSION,
          onMcpClient,
          () => {},
        ),
    );
    // The application may import 'openai/client' alone, which the package's main module never sees.
    const clientFiles = ['openai/client.js', 'openai/client.mjs'].map(
      (file) => new InstrumentationNodeModuleFile(file, ANY_VERSION, onOpenAI, () => {}),
    );
    const definitions = [
      new InstrumentationNodeModuleDefinition('openai', ANY_VERSION, onOpenAI, () => {}, clientFiles),
      // `@openai/agents` re-exports this one, and so does whatever else is built on it.
      new InstrumentationNodeModuleDefinition('@openai/agents-core', ANY_VERSION, onAgents, () => {}),
      new InstrumentationNodeModuleDefinition(
        '@modelcontextprotocol/client',
        ANY_VERSION,
        onMcpClient,
        () => {},
      ),
      new InstrumentationNodeModuleDefinition(
        '@modelcontextprotocol/sdk',
        ANY_VERSION,
        undefined,
        undefined,
        mcpClientFiles,
      ),
      new InstrumentationNodeModuleDefinition('@openai/agents-openai', ANY_VERSION, onAgentsOpenAI, () => {}),
      // `@openai/agents/realtime` re-exports it.
      new InstrumentationNodeModuleDefinition('@openai/agents-realtime', ANY_VERSION, onRealtime, () => {}),
    ];
    this.definitions ??= definitions;
    return definitions;
  }

  private ownHooks(): ModuleHooks {
    this.hooks ??= new ModuleHooks(this.telemetry(), this.agentsOptions());
    return this.hooks;
  }

  private ownState(): InstrumentationState {
    this.state ??= new InstrumentationState(() => ({
      version: PACKAGE_VERSION,
      config: reportedConfig(this.getConfig(), this.content),
      // The base class notes what it has seen being loaded.
      modules: new Map(
        (this.definitions ?? []).flatMap(({ name, moduleVersion }) =>
          moduleVersion === undefined ? [] : [[name, moduleVersion]],
        ),
      ),
    }));
    return this.state;
  }

  private agentsOptions(): AgentsOptions {
    const self = this;
    return {
      get traceWhenDisabled() {
        return self.getConfig().traceWhenDisabled ?? true;
      },
      get openaiTraceExport() {
        return self.getConfig().openaiTraceExport ?? 'keep';
      },
    };
  }

  private telemetry(): Telemetry {
    const self = this;
    return {
      get tracer() {
        return self.tracer;
      },
      get logger() {
        return self.logger;
      },
      get instruments() {
        return self.instruments();
      },
      get content() {
        return self.content;
      },
      guard: new Guard(this._diag),
    };
  }

  private instruments(): Instruments | undefined {
    this.instrumentsCache ??= new InstrumentsCache();
    return this.instrumentsCache.get(this.meter, this.getConfig().legacyMetrics ?? false);
  }
}

/**
 * A configuration as the audit trail shows it. Of the options those that are one plain value, which all are that this
 * package has: none of them can be a key, or hold one.
 */
function reportedConfig(config: object, content: ContentCapture): JsonObject {
  const { enabled: _, ...options } = config as Readonly<Record<string, unknown>>;
  const plain = Object.entries(options).filter(([, value]) => isPlain(value));
  return {
    ...(Object.fromEntries(plain) as JsonObject),
    captureMessageContent: captureMode(content),
    contentLengthLimit: content.lengthLimit,
  };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function captureMode({ onSpan, onEvent }: ContentCapture): CaptureMode {
  if (onSpan) return onEvent ? 'SPAN_AND_EVENT' : 'SPAN_ONLY';
  return onEvent ? 'EVENT_ONLY' : 'NO_CONTENT';
}
