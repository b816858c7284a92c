/** What the application has given the SDK to call: guardrails, handoffs, approvals. */
import { context } from '@opentelemetry/api';
import { asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { type AgentRun, getAgentRun } from './agent-run.js';

/**
 * Told of a call when it is made, within a run.
 *
 * @returns what is told the result; nothing is where the call fails.
 */
export type CallbackObserver = (
  run: AgentRun,
  holder: UnknownRecord,
  given: readonly unknown[],
) => ((result: unknown) => void) | undefined;

/** Our wrappers, which bear no mark that the application could come across. */
const wrappers = new WeakSet<object>();

/**
 * Wraps a callback in place, once however often its object is seen. It stays wrapped, as there may be any number of
 * such objects: outside of a run that this package follows the wrapper only passes on. An object that cannot be
 * changed is left as it is.
 */
export function watchCallback(holder: unknown, name: string, observe: CallbackObserver): void {
  if (!isRecord(holder)) return;
  const callback = holder[name];
  if (typeof callback !== 'function' || wrappers.has(callback)) return;
  const own = Object.getOwnPropertyDescriptor(holder, name);
  if (own !== undefined && !('value' in own)) return;
  const wrapper = new Proxy(callback as (...args: unknown[]) => unknown, {
    apply(target, receiver: unknown, args: unknown[]) {
      const run = getAgentRun(context.active());
      if (run?.callbacks === undefined) return Reflect.apply(target, receiver, args);
      const { guard } = run.callbacks;
      // Where the object was copied, wrapper and all, it is the copy that is asked.
      const told = guard.run('Reading what a callback is given', () =>
        observe(run, asRecord(receiver) ?? holder, args),
      );
      const result: unknown = Reflect.apply(target, receiver, args);
      if (told === undefined) return result;
      const tell = (value: unknown) => guard.run('Reading what a callback gave', () => told(value));
      // The first to wait for it, so it is told before the SDK goes on; a failure is the SDK's to handle.
      if (result instanceof Promise) result.then(tell, () => {});
      else tell(result);
      return result;
    },
  });
  wrappers.add(wrapper);
  Reflect.defineProperty(
    holder,
    name,
    own === undefined
      ? { value: wrapper, writable: true, configurable: true, enumerable: false }
      : { ...own, value: wrapper },
  );
}
