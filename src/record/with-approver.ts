import { context } from '@opentelemetry/api';
import {
  functionProblems,
  type OptionRules,
  objectOf,
  optionsProblems,
  required,
  TEXT,
} from '../options/option-rules.js';
import type { Approver } from '../signals/signal.js';
import { withApproverInContext } from '../spans/approver.js';
import { PACKAGE_NAME } from '../version.js';

export type { Approver };

const RULES: OptionRules<Approver> = { id: required(TEXT), name: TEXT, role: TEXT, channel: TEXT };

const ACCEPTED = 'an object with id, e.g. { id, name, role, channel }';

/** The rule for an option that names a person. */
export const APPROVER = objectOf(RULES, ACCEPTED);

/**
 * Runs a function in which a person decides: the decisions made in it name this person, and have the author
 * AUTHOR_USER. These are `approve` and `reject` of a run's state or of a realtime session, the answers of `onApproval`
 * and `onSafetyCheck` of a run that is started in it, and `recordPolicyDecision`. Guardrails, moderations, refusals and
 * answers that were given in advance stay decisions of the system.
 *
 * Wrap the code of the request in which the person answers. The application has authenticated the person; nothing is
 * read from a request by itself.
 *
 * ```ts
 * app.post('/approve', async (request) => {
 *   const state = await RunState.fromString(agent, await load(request.params.id));
 *   const { id, name } = request.user;
 *   withApprover({ id, name, role: 'finance', channel: 'web' }, () => state.approve(state.getInterruptions()[0]));
 *   await save(request.params.id, state.toString());
 * });
 * ```
 *
 * @returns the result of the function; an error of the function reaches the caller.
 * @throws TypeError - if an option is unknown or not accepted, or the function is missing.
 */
export function withApprover<T>(approver: Approver, action: () => T): T {
  const problems = [
    ...optionsProblems(RULES, approver, ACCEPTED),
    ...functionProblems(action, 'withApprover({ id }, () => state.approve(interruption))'),
  ];
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: withApprover: ${problems.join('; ')}`);
  return context.with(withApproverInContext(context.active(), copyOf(approver)), action);
}

/** The application may change its object after the call. */
function copyOf({ id, name, role, channel }: Approver): Approver {
  return {
    id,
    ...(name !== undefined && { name }),
    ...(role !== undefined && { role }),
    ...(channel !== undefined && { channel }),
  };
}
