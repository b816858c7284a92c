import type { DiagLogger, Tracer } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { Guard } from '../diagnostics/guard.js';
import { asRecord, type ForeignRecord } from '../foreign/read.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import { AgentsHooks } from './agents/agents-hooks.js';
import { hookTracingExporter } from './agents/tracing-exporter.js';
import {
  CAPTURE_MESSAGE_CONTENT_VARIABLE,
  capturesMessageContent,
  type OpenAIAgentsInstrumentationConfig,
  validateInstrumentationConfig,
} from './instrumentation-config.js';
import { MethodPatches } from './method-patches.js';
import { hookClient } from './openai/client-hooks.js';
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
  declare private hooks: Hooks | undefined;

  constructor(config: OpenAIAgentsInstrumentationConfig = {}) {
    validateInstrumentationConfig(config);
    super(PACKAGE_NAME, PACKAGE_VERSION, config);
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

  private ownHooks(): Hooks {
    this.hooks ??= new Hooks(this._diag, () => this.tracer, this.capturesContent());
    return this.hooks;
  }

  private capturesContent(): boolean {
    return capturesMessageContent(
      this.getConfig().captureMessageContent,
      process.env[CAPTURE_MESSAGE_CONTENT_VARIABLE],
      (message) => this._diag.warn(message),
    );
  }
}

/** The modules that were seen, and the hooks in them, which come and go with `enable()` and `disable()`. */
class Hooks {
  readonly #telemetry: Telemetry;
  readonly #patches = new MethodPatches();
  readonly #agents: AgentsHooks;
  readonly #clientClasses = new Set<object>();
  readonly #agentsModules = new Set<ForeignRecord>();
  readonly #exporters = new Set<ForeignRecord>();
  #installed = true;

  constructor(diag: DiagLogger, tracer: () => Tracer, captureMessageContent: boolean) {
    this.#telemetry = {
      get tracer() {
        return tracer();
      },
      guard: new Guard(diag),
      captureMessageContent,
    };
    this.#agents = new AgentsHooks(this.#telemetry, this.#patches);
  }

  addClient(clientClass: object): void {
    this.#clientClasses.add(clientClass);
    if (this.#installed) this.#hookClient(clientClass);
  }

  addAgents(agents: ForeignRecord): void {
    this.#agentsModules.add(agents);
    if (this.#installed) this.#hookAgents(agents);
  }

  addExporter(agentsOpenAI: ForeignRecord): void {
    this.#exporters.add(agentsOpenAI);
    if (this.#installed) hookTracingExporter(agentsOpenAI, this.#patches);
  }

  install(): void {
    if (this.#installed) return;
    this.#installed = true;
    for (const agentsOpenAI of this.#exporters) hookTracingExporter(agentsOpenAI, this.#patches);
    for (const clientClass of this.#clientClasses) this.#hookClient(clientClass);
    for (const agents of this.#agentsModules) this.#hookAgents(agents);
  }

  uninstall(): void {
    if (!this.#installed) return;
    this.#installed = false;
    this.#agents.uninstall();
    this.#patches.restore();
  }

  #hookClient(clientClass: object): void {
    const { guard } = this.#telemetry;
    this.#warnOfMissing(
      'openai',
      guard.run('Hooking openai', () => hookClient(clientClass, this.#patches, this.#telemetry)),
    );
  }

  #hookAgents(agents: ForeignRecord): void {
    const { guard } = this.#telemetry;
    this.#warnOfMissing(
      '@openai/agents',
      guard.run('Hooking @openai/agents', () => this.#agents.install(agents)),
    );
  }

  #warnOfMissing(packageName: string, missing: readonly string[] | undefined): void {
    if (missing === undefined || missing.length === 0) return;
    this.#telemetry.guard.warnOnce(
      `this version of ${packageName} has no ${missing.join(', ')}: what goes through it is not traced. ` +
        `Please report it to the maintainers of ${PACKAGE_NAME}.`,
    );
  }
}

/** The class `OpenAI` in whatever the module system made of the package: the class, a namespace, a default export. */
function findClientClass(value: unknown): object | undefined {
  const candidates = [value, asMembers(value)?.OpenAI, asMembers(value)?.default];
  return candidates.find(isClientClass);
}

function isClientClass(value: unknown): value is object {
  return typeof value === 'function' && typeof value.prototype?.fetchWithTimeout === 'function';
}

function findAgentsModule(value: unknown): ForeignRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.getGlobalTraceProvider === 'function');
}

function asMembers(value: unknown): ForeignRecord | undefined {
  return typeof value === 'function' ? (value as unknown as ForeignRecord) : asRecord(value);
}
