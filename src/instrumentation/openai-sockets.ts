/** Hooks of the WebSocket clients of `openai`, each in a module of its own. */
import { asMembers, type UnknownRecord } from '../json/readers.js';
import type { Telemetry } from '../spans/telemetry.js';
import { ResponseSockets } from './client/response-sockets.js';
import type { MethodPatches } from './patching/method-patches.js';
import { prototypeOf } from './patching/prototypes.js';
import { RealtimeSockets } from './realtime/realtime-sockets.js';

/** The classes of these modules, and what is sent over their connections. */
const SOCKET_CLASSES: Readonly<Record<string, 'responses' | 'realtime'>> = {
  ResponsesWS: 'responses',
  OpenAIRealtimeWS: 'realtime',
  OpenAIRealtimeWebSocket: 'realtime',
};

export class OpenAISocketHooks {
  readonly #patches: MethodPatches;
  readonly #sockets: { readonly responses: ResponseSockets; readonly realtime: RealtimeSockets };

  constructor(telemetry: Telemetry, patches: MethodPatches) {
    this.#patches = patches;
    this.#sockets = { responses: new ResponseSockets(telemetry), realtime: new RealtimeSockets(telemetry) };
  }

  /** @returns the expected methods that are missing, for a warning. */
  install(module: UnknownRecord): string[] {
    return Object.entries(SOCKET_CLASSES).flatMap(([name, kind]) => {
      const prototype = prototypeOf(module[name]);
      if (prototype === undefined) return [];
      const missing = this.#sockets[kind].install(prototype, this.#patches);
      return missing.map((method) => `${name}.prototype.${method}`);
    });
  }

  /** Ends what is recorded; the connections continue unobserved. */
  uninstall(): void {
    this.#sockets.responses.abandonAll();
    this.#sockets.realtime.abandonAll();
  }
}

/** Finds a module with one of these classes. The Agents SDK has a class of the same name as one of them. */
export function findSocketModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find(
    (members) =>
      members !== undefined &&
      typeof members.RealtimeSession !== 'function' &&
      Object.keys(SOCKET_CLASSES).some((name) => typeof members[name] === 'function'),
  );
}
