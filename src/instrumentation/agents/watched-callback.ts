/** Wraps callbacks that the application gave to the SDK: guardrails, handoffs, approvals. */
import { context } from '@opentelemetry/api';
import { asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { type AgentRun, getAgentRun } from './agent-run.js';

/**
 * Observes a call of a callback within a run, before the callback runs.
 *
 * @returns the observer of the result, which is not called if the callback fails; `undefined` if none is needed.
 */
export type CallbackObserver = (
  run: AgentRun,
  holder: UnknownRecord,
  args: readonly unknown[],
) => ((result: unknown) => void) | undefined;

/** All wrappers; kept here so that a wrapper carries no mark that the application could find. */
const wrappers = new WeakSet<object>();

/**
 * Wraps a callback in place, once even if its object is seen repeatedly. There may be any number of such objects, so
 * none is unwrapped; outside of a run that this package follows, the wrapper only calls the callback. An object that
 * cannot be changed is left as it is.
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
      // The receiver, and not the holder: a copy of the object shares the wrapper.
      const observeResult = guard.run('Reading the arguments of a callback', () =>
        observe(run, asRecord(receiver) ?? holder, args),
      );
      const result: unknown = Reflect.apply(target, receiver, args);
      if (observeResult === undefined) return result;
      const settle = (value: unknown) =>
        guard.run('Reading the result of a callback', () => observeResult(value));
      // Attached first, so that it runs before the SDK goes on. A failure is for the SDK to handle.
      if (result instanceof Promise) result.then(settle, () => {});
      else settle(result);
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
