/**
 * The id of a request is the client's secret until its transport gets the message, which is within the client's
 * `request()` (1.32 and 2.4).
 */
import type { Guard } from '../../diagnostics/guard.js';
import { asRecord, isRecord } from '../../foreign/read.js';
import type { MethodPatches } from '../method-patches.js';
import { methodOwner } from './method-owner.js';

/** Who wants to know what is sent just now. One for all copies of the SDK: a client may use another copy's transport. */
let watching: ((message: unknown) => void) | undefined;

/** @param watch - told of each message that is sent while the action runs, but not after it has returned. */
export function watchMessages<T>(watch: (message: unknown) => void, action: () => T): T {
  const before = watching;
  watching = watch;
  try {
    return action();
  } finally {
    watching = before;
  }
}

/** Only where `send()` is a class' method: an object whose own it is would be kept alive by the way back. */
export function hookTransport(transport: unknown, patches: MethodPatches, guard: Guard): void {
  if (!isRecord(transport) || Object.hasOwn(transport, 'send')) return;
  const prototype = methodOwner(asRecord(Object.getPrototypeOf(transport)), 'send');
  if (prototype === undefined) return;
  patches.apply(
    prototype,
    'send',
    (send) =>
      function (this: unknown, ...args) {
        const watch = watching;
        if (watch !== undefined) guard.run('Reading an MCP message', () => watch(args[0]));
        return send.apply(this, args);
      },
  );
}
