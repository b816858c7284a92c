/**
 * Hook of the function that the SDK asks about each error of a function tool. From 0.19 on the SDK writes no error on
 * the span of a tool without an `errorFunction` of its own, and this is the only place that sees the error: a private
 * file, so it is reached by module hooks only, and the SDK works without the hook.
 */
import type { Guard } from '../../diagnostics/guard.js';
import { asMembers, type UnknownRecord } from '../../json/readers.js';
import type { MethodPatches } from '../patching/method-patches.js';
import type { ToolStep } from './tool-step.js';

/** The question whether an error is about the call's arguments (0.14.3 to 0.20.0). */
const ASKED_OF_EACH_ERROR = 'getInvalidToolInputFailure';

export function findToolErrorModule(value: unknown): UnknownRecord | undefined {
  const members = asMembers(value);
  return typeof members?.[ASKED_OF_EACH_ERROR] === 'function' ? members : undefined;
}

/** @param currentTool - the tool whose span is the SDK's current one. */
export function hookToolErrors(
  module: UnknownRecord,
  patches: MethodPatches,
  guard: Guard,
  currentTool: () => ToolStep | undefined,
): void {
  patches.apply(
    module,
    ASKED_OF_EACH_ERROR,
    (original) =>
      function (this: unknown, ...args) {
        guard.run('Reading the error of a tool', () => currentTool()?.threw(args[0]));
        return original.apply(this, args);
      },
  );
}
