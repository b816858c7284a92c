import type { Handler } from 'hono';
import { unknownModel } from './api-error.js';
import { parseFaultHeader } from './faults/fault-header.js';
import { type FaultLedger, type ScopedFault, scopeFaults } from './faults/fault-ledger.js';
import type { GenerationApi } from './generation-api.js';
import { answerEvents, answerJson } from './http/answer.js';
import { isAzure } from './http/azure.js';
import { type Environment, type Exchange, jsonBody } from './http/environment.js';
import { replaceReply } from './http/replace-reply.js';
import { newSeed } from './ids.js';
import { findModel } from './models.js';
import { chooseScenario, chooseStep } from './scripting/choice.js';
import { planReply } from './scripting/plan.js';
import type { PlayableScenario } from './scripting/scenario.js';

/** The scenarios that answer requests, and the faults that were already met. */
export interface Stage {
  readonly scenarios: readonly PlayableScenario[];
  readonly ledger: FaultLedger;
  /** Aborted when the server closes, so that nothing goes on in the background. */
  readonly closing?: AbortSignal;
}

/** Handles one model call: reads it, chooses a step, applies the faults that are due, and answers. */
export function modelCall<Request>(api: GenerationApi<Request>, stage: Stage): Handler<Environment> {
  return async (c) => {
    const request = api.readRequest(jsonBody(c));
    const turn = api.readTurn(request);
    requireModel(c, turn.model, stage);

    const scenario = chooseScenario(stage.scenarios, turn, c.req.header('x-scenario'));
    c.get('record').scenario = scenario.id;
    const { step, index } = chooseStep(scenario, turn);

    const scope = c.req.header('x-fault-key') ?? scenario.id;
    const faults = stage.ledger.take([
      ...headerFaults(c, scope),
      ...scopeFaults(scenario.faults, `${scope}/${scenario.id}`),
      ...scopeFaults(step.faults, `${scope}/${scenario.id}/step ${index}`),
    ]);
    const replaced = await replaceReply(c, turn.model, faults);
    if (replaced) return replaced;

    const plan = planReply(step.reply, turn, newSeed(), Math.floor(Date.now() / 1000));
    if (turn.stream) {
      return answerEvents(c, api.events(request, plan), faults, (sequence) => api.errorEvent(sequence));
    }
    return answerJson(c, api.reply(request, plan), faults);
  };
}

/** Faults that the request itself asks for. Each wording of the header has its own count within the scope. */
export function headerFaults(c: Exchange, scope: string): ScopedFault[] {
  const header = c.req.header('x-fault');
  if (header === undefined) return [];
  return scopeFaults(parseFaultHeader(header), `${scope}/header ${header}`);
}

/** On Azure a model is a deployment, which can have any name. */
export function requireModel(c: Exchange, model: string, stage: Stage): void {
  if (isAzure(c)) return;
  const ids = stage.scenarios.map((scenario) => scenario.id);
  if (!findModel(model, ids)) throw unknownModel(model);
}
