/** The modules that are instrumented: one row per module, and the hooks in those that were found. */
import {
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { asMembers, type UnknownRecord } from '../json/readers.js';
import { memberValue } from '../json/sdk-members.js';
import type { Telemetry } from '../spans/telemetry.js';
import { AgentsHooks, type AgentsOptions, findAgentsModule } from './agents/agents-hooks.js';
import { trustSessionClasses } from './agents/session-store-hooks.js';
import { findToolErrorModule } from './agents/tool-errors.js';
import { hookTracingExporter } from './agents/tracing-exporter.js';
import { findClientClass, hookClient } from './client/client-hooks.js';
import { HookRank } from './client/hook-rank.js';
import { hookAgentsServers } from './mcp/mcp-handshake.js';
import { findMcpClientClass, hookMcpClient } from './mcp/mcp-hooks.js';
import { findSocketModule, OpenAISocketHooks } from './openai-sockets.js';
import { MethodPatches, warnOfMissingMethods } from './patching/method-patches.js';
import { findRealtimeModule, RealtimeHooks } from './realtime/realtime-hooks.js';

/** The modules that {@link OpenAIAgentsInstrumentation.manuallyInstrument} takes; each may be left out. */
export interface ManuallyInstrumentedModules {
  /** The module `openai`, or its class `OpenAI` (or one derived from it, such as `AzureOpenAI`). */
  openai?: unknown;
  /** The module `@openai/agents` or `@openai/agents-core`. */
  agents?: unknown;
  /**
   * The module `@modelcontextprotocol/client` or `@modelcontextprotocol/sdk/client/index.js`, or its class `Client`,
   * for clients of your own. The clients that the Agents SDK makes are found with `agents`.
   */
  mcp?: unknown;
  /** The module `@openai/agents/realtime` or `@openai/agents-realtime`. */
  realtime?: unknown;
  /**
   * A module of `openai` with a WebSocket client: `openai/resources/responses/ws`, `openai/realtime/ws` or
   * `openai/realtime/websocket`.
   */
  sockets?: unknown;
}

/** One instrumented module. */
interface InstrumentedModule<Target extends object = object> {
  /** Its name in warnings. */
  readonly label: string;
  /** The packages that have it, with their files; a package without `main` is hooked in its files only. */
  readonly packages: readonly { readonly name: string; readonly main: boolean; readonly files?: string[] }[];
  /** Its option in `manuallyInstrument()`, with the values that are accepted; absent if it has none. */
  readonly manual?: { readonly option: keyof ManuallyInstrumentedModules; readonly accepted: string };
  /** Finds the object to hook in the exports, in whatever shape the module system gave them. */
  find(exports: unknown): Target | undefined;
  /** Applies the hooks and returns the expected methods that are missing. Idempotent. */
  hook(target: Target, context: HookContext): string[];
}

interface HookContext {
  readonly telemetry: Telemetry;
  readonly patches: MethodPatches;
  readonly options: AgentsOptions;
  readonly agents: AgentsHooks;
  readonly realtime: RealtimeHooks;
  readonly sockets: OpenAISocketHooks;
  /** Adds the class of an MCP client that was found while the application runs. */
  addMcpClient(clientClass: object): void;
}

const OPENAI: InstrumentedModule = {
  label: 'openai',
  // An application may import 'openai/client' alone, and then the package's main module is never loaded.
  packages: [{ name: 'openai', main: true, files: ['openai/client.js', 'openai/client.mjs'] }],
  manual: { option: 'openai', accepted: "the module 'openai' or its class OpenAI" },
  find: findClientClass,
  hook: (clientClass, { telemetry, patches }) =>
    hookClient(clientClass, patches, {
      telemetryOf: () => telemetry,
      sharing: { rank: HookRank.allClients },
    }),
};

const AGENTS: InstrumentedModule<UnknownRecord> = {
  label: '@openai/agents',
  // `@openai/agents` and other packages that build on this one re-export it.
  packages: [{ name: '@openai/agents-core', main: true }],
  manual: { option: 'agents', accepted: "the module '@openai/agents' or '@openai/agents-core'" },
  find: findAgentsModule,
  hook(module, { agents, patches, telemetry, addMcpClient }) {
    hookAgentsServers(module, patches, telemetry, (client) => {
      const clientClass = findMcpClientClass(memberValue(client, 'constructor'));
      if (clientClass !== undefined) addMcpClient(clientClass);
    });
    return agents.install(module);
  },
};

/** A private file of the SDK, in both builds; earlier versions have none. */
const TOOL_ERROR_FILES = ['js', 'mjs'].map(
  (extension) => `@openai/agents-core/dist/toolInputError.${extension}`,
);

const TOOL_ERRORS: InstrumentedModule<UnknownRecord> = {
  label: '@openai/agents',
  packages: [{ name: '@openai/agents-core', main: false, files: TOOL_ERROR_FILES }],
  find: findToolErrorModule,
  hook(module, { agents }) {
    agents.installToolErrors(module);
    return [];
  },
};

const MCP_CLIENT: InstrumentedModule = {
  label: 'the MCP SDK',
  packages: [
    { name: '@modelcontextprotocol/client', main: true },
    // 1.x, which agents-core uses up to 0.14, has no main module.
    {
      name: '@modelcontextprotocol/sdk',
      main: false,
      files: ['esm', 'cjs'].map((build) => `@modelcontextprotocol/sdk/dist/${build}/client/index.js`),
    },
  ],
  manual: {
    option: 'mcp',
    accepted:
      "the module '@modelcontextprotocol/client' or '@modelcontextprotocol/sdk/client/index.js', or its class Client",
  },
  find: findMcpClientClass,
  hook: (clientClass, { telemetry, patches }) => hookMcpClient(clientClass, patches, telemetry),
};

const TRACING_EXPORTER: InstrumentedModule<UnknownRecord> = {
  label: '@openai/agents-openai',
  packages: [{ name: '@openai/agents-openai', main: true }],
  find: asMembers,
  hook(module, { patches, options }) {
    trustSessionClasses(module);
    hookTracingExporter(module, patches, options);
    return [];
  },
};

const REALTIME: InstrumentedModule<UnknownRecord> = {
  label: '@openai/agents-realtime',
  // `@openai/agents/realtime` re-exports it.
  packages: [{ name: '@openai/agents-realtime', main: true }],
  manual: { option: 'realtime', accepted: "the module '@openai/agents/realtime'" },
  find: findRealtimeModule,
  hook: (module, { realtime }) => realtime.install(module),
};

/** The files of the modules with a WebSocket client, without their ending, in whichever versions have them. */
const SOCKET_MODULES = [
  'openai/resources/responses/ws',
  'openai/resources/beta/responses/ws',
  'openai/realtime/ws',
  'openai/realtime/websocket',
  'openai/beta/realtime/ws',
  'openai/beta/realtime/websocket',
] as const;

const SOCKETS: InstrumentedModule<UnknownRecord> = {
  label: 'openai',
  packages: [
    { name: 'openai', main: false, files: SOCKET_MODULES.flatMap((file) => [`${file}.js`, `${file}.mjs`]) },
  ],
  manual: {
    option: 'sockets',
    accepted:
      "the module 'openai/resources/responses/ws', 'openai/realtime/ws' or 'openai/realtime/websocket'",
  },
  find: findSocketModule,
  hook: (module, { sockets }) => sockets.install(module),
};

export const INSTRUMENTED_MODULES: readonly InstrumentedModule[] = [
  OPENAI,
  AGENTS,
  TOOL_ERRORS,
  MCP_CLIENT,
  TRACING_EXPORTER,
  REALTIME,
  SOCKETS,
];

/** The options of `manuallyInstrument()`. */
export const MODULE_OPTIONS: readonly string[] = INSTRUMENTED_MODULES.flatMap(({ manual }) =>
  manual === undefined ? [] : [manual.option],
);

/** Packages whose main module is instrumented, by name, and single files, by their path below `node_modules`. */
export function instrumentedImports(): { readonly packages: string[]; readonly files: string[] } {
  const all = INSTRUMENTED_MODULES.flatMap(({ packages }) => packages);
  return {
    packages: all.flatMap(({ name, main }) => (main ? [name] : [])),
    files: all.flatMap(({ files = [] }) => files),
  };
}

/** All versions are hooked: the shape of a module decides, not its number, and a warning names missing methods. */
const ANY_VERSION = ['*'];

/** Defines the modules for OpenTelemetry's module hooks. `loaded` is called with the exports of each that is loaded. */
export function moduleDefinitions(
  loaded: (module: InstrumentedModule, exports: unknown) => void,
): InstrumentationNodeModuleDefinition[] {
  return INSTRUMENTED_MODULES.flatMap((module) => {
    const onLoad = (exports: unknown) => {
      loaded(module, exports);
      return exports;
    };
    // Hooks are taken out by `ModuleHooks.uninstall()`.
    const onUnload = () => {};
    return module.packages.map(
      ({ name, main, files = [] }) =>
        new InstrumentationNodeModuleDefinition(
          name,
          ANY_VERSION,
          main ? onLoad : undefined,
          main ? onUnload : undefined,
          files.map((file) => new InstrumentationNodeModuleFile(file, ANY_VERSION, onLoad, onUnload)),
        ),
    );
  });
}

/** The modules that were found, and the hooks in them, which `enable()` installs and `disable()` takes out. */
export class ModuleHooks {
  readonly #context: HookContext;
  readonly #targets = new Map<InstrumentedModule, Set<object>>();
  // Each is made for the first of its modules, and its code is loaded then.
  #agents: AgentsHooks | undefined;
  #realtime: RealtimeHooks | undefined;
  #sockets: OpenAISocketHooks | undefined;
  #installed = false;

  constructor(telemetry: Telemetry, options: AgentsOptions) {
    const patches = new MethodPatches();
    const self = this;
    this.#context = {
      telemetry,
      patches,
      options,
      get agents() {
        self.#agents ??= new AgentsHooks(telemetry, patches, options);
        return self.#agents;
      },
      get realtime() {
        self.#realtime ??= new RealtimeHooks(telemetry, patches);
        return self.#realtime;
      },
      get sockets() {
        self.#sockets ??= new OpenAISocketHooks(telemetry, patches);
        return self.#sockets;
      },
      addMcpClient: (clientClass) => this.add(MCP_CLIENT, clientClass),
    };
  }

  /** @param exports - of a module that the application loads. */
  loaded(module: InstrumentedModule, exports: unknown): void {
    this.#context.telemetry.guard.run(`Hooking ${module.label}`, () => {
      const target = module.find(exports);
      if (target !== undefined) this.add(module, target);
    });
  }

  /** @param target - found by the module's `find()`. */
  add(module: InstrumentedModule, target: object): void {
    const targets = this.#targets.get(module) ?? new Set();
    this.#targets.set(module, targets.add(target));
    if (this.#installed) this.#hook(module, target);
  }

  /** Whether a module of a package was found. */
  has(packageName: string): boolean {
    const found = [...this.#targets.keys()];
    return found.some(({ packages }) => packages.some(({ name }) => name === packageName));
  }

  install(): void {
    if (this.#installed) return;
    this.#installed = true;
    for (const [module, targets] of this.#targets) {
      for (const target of targets) this.#hook(module, target);
    }
  }

  uninstall(): void {
    if (!this.#installed) return;
    this.#installed = false;
    this.#agents?.uninstall();
    this.#realtime?.uninstall();
    this.#sockets?.uninstall();
    this.#context.patches.restore();
  }

  #hook(module: InstrumentedModule, target: object): void {
    const { guard } = this.#context.telemetry;
    const missing = guard.run(`Hooking ${module.label}`, () => module.hook(target, this.#context));
    warnOfMissingMethods(guard, module.label, missing);
  }
}
