import { diag } from '@opentelemetry/api';
import type { Logger, LoggerProvider } from '@opentelemetry/api-logs';
import {
  InstrumentationBase,
  type InstrumentationModuleDefinition,
  type InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { globalLogger } from '../diagnostics/global-logger.js';
import { Guard } from '../diagnostics/guard.js';
import type { JsonObject } from '../json/json.js';
import { asRecord } from '../json/readers.js';
import { InstrumentationState } from '../signals/running-instrumentations.js';
import type { CaptureMode } from '../spans/capture-mode.js';
import type { ContentCapture } from '../spans/content-policy.js';
import { type Instruments, InstrumentsCache } from '../spans/metrics/instruments.js';
import { telemetryDisabled, telemetryEnabled } from '../spans/process-telemetry.js';
import type { Telemetry } from '../spans/telemetry.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import type { AgentsOptions } from './agents/agents-hooks.js';
import {
  type OpenAIAgentsInstrumentationConfig,
  telemetryContent,
  validateInstrumentationConfig,
} from './config.js';
import {
  INSTRUMENTED_MODULES,
  type ManuallyInstrumentedModules,
  ModuleHooks,
  moduleDefinitions,
} from './instrumented-modules.js';
import { UnseenModules } from './unseen-modules.js';

/**
 * OpenTelemetry instrumentation of the OpenAI client (`openai`) and the OpenAI Agents SDK (`@openai/agents`).
 *
 * Register it before the application imports these packages. An ESM application also needs the loader hook.
 *
 * ```ts
 * new NodeSDK({ instrumentations: [new OpenAIAgentsInstrumentation()] }).start();
 * ```
 *
 * If no hook can see the imports (in a bundle, or if a module is loaded already), pass the modules to
 * {@link manuallyInstrument}. Both may be combined, and no call is recorded twice.
 *
 * Spans follow the OpenTelemetry GenAI semantic conventions.
 *
 * @throws TypeError - from the constructor, if an option is unknown or its value is not accepted.
 */
export class OpenAIAgentsInstrumentation extends InstrumentationBase<OpenAIAgentsInstrumentationConfig> {
  // The base class calls init() and enable() from its constructor, before the fields of this class exist. So no field
  // has an initialiser, and each value is made when it is first needed.
  declare private hooks: ModuleHooks | undefined;
  declare private content: ContentCapture;
  declare private instrumentsCache: InstrumentsCache | undefined;
  declare private state: InstrumentationState | undefined;
  declare private definitions: InstrumentationModuleDefinition[] | undefined;
  declare private unseen: UnseenModules | undefined;
  declare private givenLogger: Logger | undefined;
  declare private manual: Set<string> | undefined;
  declare private telemetry: Telemetry | undefined;

  constructor(config: OpenAIAgentsInstrumentationConfig = {}) {
    super(PACKAGE_NAME, PACKAGE_VERSION, config);
  }

  /**
   * Replaces the configuration. Calls that start from now on follow it.
   *
   * @throws TypeError - if an option is unknown or its value is not accepted.
   */
  override setConfig(config: OpenAIAgentsInstrumentationConfig = {}): void {
    validateInstrumentationConfig(config);
    super.setConfig(config);
    this.content = telemetryContent(config, this.ownTelemetry().guard);
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
   * @throws TypeError - if a value is not the module that its option names.
   */
  manuallyInstrument(modules: ManuallyInstrumentedModules): void {
    const values = asRecord(modules) ?? {};
    const found = INSTRUMENTED_MODULES.flatMap((module) => {
      const { manual } = module;
      const value = manual && values[manual.option];
      if (manual === undefined || value === undefined) return [];
      const target = module.find(value);
      if (target !== undefined) return [{ module, target }];
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument({ ${manual.option} }) needs ${manual.accepted}`,
      );
    });
    if (found.length === 0) {
      throw new TypeError(
        `${PACKAGE_NAME}: manuallyInstrument() needs { openai }, { agents }, { mcp }, { realtime }, { sockets } or several`,
      );
    }
    this.manual ??= new Set();
    // The application chooses what is recorded.
    this.unseen?.cancel();
    this.unseen = undefined;
    for (const { module, target } of found) {
      this.ownHooks().add(module, target);
      this.manual.add(module.label);
    }
  }

  /** Sets the provider of log records. Without it they go to the one that is registered globally. */
  override setLoggerProvider(loggerProvider: LoggerProvider): void {
    super.setLoggerProvider(loggerProvider);
    this.givenLogger = this.logger;
  }

  override enable(): void {
    super.enable();
    this.ownHooks().install();
    if (this.manual === undefined) {
      this.unseen ??= new UnseenModules((name) => this.ownHooks().has(name), this.ownTelemetry().guard);
    }
    telemetryEnabled(this.ownTelemetry());
    this.ownState().started();
  }

  /** Takes every hook out again. The spans of calls that are under way still end. */
  override disable(): void {
    super.disable();
    this.hooks?.uninstall();
    this.unseen?.end();
    this.unseen = undefined;
    telemetryDisabled(this.ownTelemetry());
    this.ownState().stopped();
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const definitions = moduleDefinitions((module, exports) => this.ownHooks().loaded(module, exports));
    this.definitions ??= definitions;
    return definitions;
  }

  private ownHooks(): ModuleHooks {
    this.hooks ??= new ModuleHooks(this.ownTelemetry(), this.agentsOptions());
    return this.hooks;
  }

  private ownState(): InstrumentationState {
    this.state ??= new InstrumentationState(() => ({
      version: PACKAGE_VERSION,
      config: reportedConfig(this.getConfig(), this.content),
      // The base class sets the version when a module is loaded.
      modules: new Map(
        (this.definitions ?? []).flatMap(({ name, moduleVersion }) =>
          moduleVersion === undefined ? [] : [[name, moduleVersion]],
        ),
      ),
      manual: this.manual ?? new Set(),
    }));
    return this.state;
  }

  private agentsOptions(): AgentsOptions {
    const self = this;
    return {
      get traceWhenDisabled() {
        return self.getConfig().traceWhenDisabled ?? true;
      },
      get workflowSpans() {
        return self.getConfig().workflowSpans ?? 'always';
      },
      get openaiTraceExport() {
        return self.getConfig().openaiTraceExport ?? 'keep';
      },
    };
  }

  private ownTelemetry(): Telemetry {
    const self = this;
    this.telemetry ??= {
      get tracer() {
        return self.tracer;
      },
      get logger() {
        return self.givenLogger ?? globalLogger();
      },
      get instruments() {
        return self.instruments();
      },
      get content() {
        return self.content;
      },
      get otherCalls() {
        return self.getConfig().otherCalls ?? true;
      },
      // The base class makes its own logger of this name only after it has set the configuration.
      guard: new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME })),
    };
    return this.telemetry;
  }

  private instruments(): Instruments | undefined {
    this.instrumentsCache ??= new InstrumentsCache();
    return this.instrumentsCache.get(this.meter, this.getConfig().legacyMetrics ?? false);
  }
}

/**
 * The configuration as the audit trail shows it: the options that are a plain value, as all options of this package
 * are. None of them can be or hold a key.
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
