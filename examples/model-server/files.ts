import { answerJson } from './http/answer.js';
import type { UnscriptedApi } from './unscripted-call.js';

/** `GET /v1/files`: there are none, so that a call which is no model call can be made. */
export const listFiles: UnscriptedApi<undefined> = {
  name: 'files.list',
  read: () => undefined,
  answer: (c, _request, faults) =>
    answerJson(c, { object: 'list', data: [], first_id: null, last_id: null, has_more: false }, faults),
};
