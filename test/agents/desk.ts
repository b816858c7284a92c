import { createDesk } from '../../examples/support-desk/desk.js';
import type { Harness } from '../harness/telemetry.js';

/** What a customer says so that the server plays the scenario `support-desk`. */
export const REQUEST = 'My kettle from order A-1001 arrived broken. I would like my money back.';

/** The demo's agents, against the harness' server. */
export function deskOf({ server }: Harness) {
  return createDesk('support-desk', server.origin);
}
