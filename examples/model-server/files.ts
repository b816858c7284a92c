import { answerJson } from './http/answer.js';
import type { UnscriptedApi } from './unscripted-call.js';

/** `GET /v1/files`: an empty list, as an example of a call that is not a model call. */
export const listFiles: UnscriptedApi<undefined> = {
  name: 'files.list',
  read: () => undefined,
  answer: (c, _request, faults) =>
    answerJson(c, { object: 'list', data: [], first_id: null, last_id: null, has_more: false }, faults),
};
