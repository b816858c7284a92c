import type { UnknownRecord } from '../json/readers.js';
import type { Telemetry } from '../spans/telemetry.js';
import { AgentsHooks, type AgentsOptions } from './agents/agents-hooks.js';
import { hookTracingExporter } from './agents/tracing-exporter.js';
import { HookRank, hookClient } from './client/client-hooks.js';
import { hookAgentsServers, hookMcpClient } from './mcp/mcp-hooks.js';
import { MethodPatches, warnOfMissingMethods } from './patching/method-patches.js';
import { RealtimeHooks } from './realtime/realtime-hooks.js';

/** The modules that were seen, and the hooks in them, which come and go with `enable()` and `disable()`. */
export class ModuleHooks {
  readonly #telemetry: Telemetry;
  readonly #agentsOptions: AgentsOptions;
  readonly #patches = new MethodPatches();
  readonly #agents: AgentsHooks;
  readonly #realtime: RealtimeHooks;
  readonly #clientClasses = new Set<object>();
  readonly #mcpClientClasses = new Set<object>();
  readonly #agentsModules = new Set<UnknownRecord>();
  readonly #realtimeModules = new Set<UnknownRecord>();
  readonly #exporters = new Set<UnknownRecord>();
  #installed = false;

  constructor(telemetry: Telemetry, agentsOptions: AgentsOptions) {
    this.#telemetry = telemetry;
    this.#agentsOptions = agentsOptions;
    this.#agents = new AgentsHooks(telemetry, this.#patches, agentsOptions);
    this.#realtime = new RealtimeHooks(telemetry, this.#patches);
  }

  addClient(clientClass: object): void {
    this.#clientClasses.add(clientClass);
    if (this.#installed) this.#hookClient(clientClass);
  }

  addMcpClient(clientClass: object): void {
    this.#mcpClientClasses.add(clientClass);
    if (this.#installed) this.#hookMcpClient(clientClass);
  }

  addAgents(agents: UnknownRecord): void {
    this.#agentsModules.add(agents);
    if (this.#installed) this.#hookAgents(agents);
  }

  addRealtime(realtime: UnknownRecord): void {
    this.#realtimeModules.add(realtime);
    if (this.#installed) this.#hookRealtime(realtime);
  }

  addExporter(agentsOpenAI: UnknownRecord): void {
    this.#exporters.add(agentsOpenAI);
    if (this.#installed) hookTracingExporter(agentsOpenAI, this.#patches, this.#agentsOptions);
  }

  install(): void {
    if (this.#installed) return;
    this.#installed = true;
    for (const agentsOpenAI of this.#exporters)
      hookTracingExporter(agentsOpenAI, this.#patches, this.#agentsOptions);
    for (const clientClass of this.#clientClasses) this.#hookClient(clientClass);
    for (const clientClass of this.#mcpClientClasses) this.#hookMcpClient(clientClass);
    for (const agents of this.#agentsModules) this.#hookAgents(agents);
    for (const realtime of this.#realtimeModules) this.#hookRealtime(realtime);
  }

  uninstall(): void {
    if (!this.#installed) return;
    this.#installed = false;
    this.#agents.uninstall();
    this.#realtime.uninstall();
    this.#patches.restore();
  }

  #hookClient(clientClass: object): void {
    const { guard } = this.#telemetry;
    warnOfMissingMethods(
      guard,
      'openai',
      guard.run('Hooking openai', () =>
        hookClient(clientClass, this.#patches, {
          telemetryOf: () => this.#telemetry,
          sharing: { rank: HookRank.allClients },
        }),
      ),
    );
  }

  #hookMcpClient(clientClass: object): void {
    const { guard } = this.#telemetry;
    warnOfMissingMethods(
      guard,
      'the MCP SDK',
      guard.run('Hooking the MCP client', () => hookMcpClient(clientClass, this.#patches, this.#telemetry)),
    );
  }

  #hookRealtime(realtime: UnknownRecord): void {
    const { guard } = this.#telemetry;
    warnOfMissingMethods(
      guard,
      '@openai/agents-realtime',
      guard.run('Hooking @openai/agents-realtime', () => this.#realtime.install(realtime)),
    );
  }

  #hookAgents(agents: UnknownRecord): void {
    const { guard } = this.#telemetry;
    warnOfMissingMethods(
      guard,
      '@openai/agents',
      guard.run('Hooking @openai/agents', () => this.#agents.install(agents)),
    );
    guard.run('Hooking MCP servers', () =>
      hookAgentsServers(agents, this.#patches, guard, (clientClass) => this.addMcpClient(clientClass)),
    );
  }
}
