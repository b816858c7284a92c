import { diag } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { Guard } from '../diagnostics/guard.js';
import { asMembers, asRecord } from '../foreign/read.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import { findAgentsModule } from './agents/agents-module.js';
import { type ContentCapture, contentCapture } from './content-capture.js';
import {
  type OpenAIAgentsInstrumentationConfig,
  validateInstrumentationConfig,
} from './instrumentation-config.js';
import { type Instruments, InstrumentsCache } from './metrics/instruments.js';
import { ModuleHooks } from './module-hooks.js';
import { findClientClass } from './openai/client-class.js';
import type { Telemetry } from './telemetry.js';

/** The modules that {@link OpenAIAgentsInstrumentation.manuallyInstrument} takes; each may be left out. */
export interface ManuallyInstrumentedModules {
  /** The module `openai`, or its class `OpenAI` (or one derived from it, such as `AzureOpenAI`). */
  openai?: unknown;
  /** The module `@openai/agents` or `@openai/agents-core`. */
  agents?: unknown;
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
    const { openai, agents } = asRecord(modules) ?? {};
    if (openai === undefined && agents === undefined) {
      throw new TypeError(`${PACKAGE_NAME}: manuallyInstrument() needs { openai }, { agents } or both`);
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
    if (clientClass !== undefined) this.ownHooks().addClient(clientClass);
    if (agentsModule !== undefined) this.ownHooks().addAgents(agentsModule);
  }

  override enable(): void {
    super.enable();
    this.ownHooks().install();
  }

  /** Takes every hook out again. Calls that are under way end their spans. */
  override disable(): void {
    super.disable();
    this.hooks?.uninstall();
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
    // The application may import 'openai/client' alone, which the package's main module never sees.
    const clientFiles = ['openai/client.js', 'openai/client.mjs'].map(
      (file) => new InstrumentationNodeModuleFile(file, ANY_VERSION, onOpenAI, () => {}),
    );
    return [
      new InstrumentationNodeModuleDefinition('openai', ANY_VERSION, onOpenAI, () => {}, clientFiles),
      // `@openai/agents` re-exports this one, and so does whatever else is built on it.
      new InstrumentationNodeModuleDefinition('@openai/agents-core', ANY_VERSION, onAgents, () => {}),
      new InstrumentationNodeModuleDefinition('@openai/agents-openai', ANY_VERSION, onAgentsOpenAI, () => {}),
    ];
  }

  private ownHooks(): ModuleHooks {
    this.hooks ??= new ModuleHooks(this.telemetry());
    return this.hooks;
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
