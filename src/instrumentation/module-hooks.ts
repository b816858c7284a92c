import type { ForeignRecord } from '../foreign/read.js';
import { PACKAGE_NAME } from '../version.js';
import { AgentsHooks } from './agents/agents-hooks.js';
import { hookTracingExporter } from './agents/tracing-exporter.js';
import { MethodPatches } from './method-patches.js';
import { HookRank, hookClient } from './openai/client-hooks.js';
import type { Telemetry } from './telemetry.js';

/** The modules that were seen, and the hooks in them, which come and go with `enable()` and `disable()`. */
export class ModuleHooks {
  readonly #telemetry: Telemetry;
  readonly #patches = new MethodPatches();
  readonly #agents: AgentsHooks;
  readonly #clientClasses = new Set<object>();
  readonly #agentsModules = new Set<ForeignRecord>();
  readonly #exporters = new Set<ForeignRecord>();
  #installed = false;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    this.#agents = new AgentsHooks(telemetry, this.#patches);
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
      guard.run('Hooking openai', () =>
        hookClient(clientClass, this.#patches, {
          telemetryOf: () => this.#telemetry,
          sharing: { rank: HookRank.allClients },
        }),
      ),
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
