import { createDesk } from '../../examples/support-desk/desk.js';
import type { Harness } from '../harness/telemetry.js';

/** A customer's request for which the model server plays the scenario `support-desk`. */
export const REQUEST = 'My kettle from order A-1001 arrived broken. I would like my money back.';

/** Returns the demo's agents, connected to the harness' server. */
export function deskOf({ server }: Harness) {
  return createDesk('support-desk', server.origin);
}
