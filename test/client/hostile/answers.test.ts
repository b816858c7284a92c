/** Answers that no API gives: with and without instrumentation, the client treats them the same way. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays } from './both-ways.js';
import { holdsFor, TIMEOUT_MS } from './holds-for.js';
import { anyJson, eachWrong, someWrong, withWrong } from './hostile-json.js';

let bothWays: BothWays;
beforeAll(async () => {
  bothWays = await startBothWays();
});
afterAll(() => bothWays.stop());

const CONTENT_TYPES = [
  'application/json',
  'application/vnd.api+json; charset=latin1',
  'text/plain',
  'text/event-stream',
  'application/octet-stream',
  'multipart/form-data; boundary=x',
  ' ',
];

const ERROR = {
  error: { message: 'No such model', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
};

const json = (body: string): Answer => ({ status: 200, contentType: 'application/json', body });

describe.each(API_CALLS)(
  'A call of $name behaves the same with and without instrumentation',
  ({ request, answer, call }) => {
    const expectNoDifference = (answered: Answer) =>
      bothWays.expectNoDifference((client) => call(client, request()), answered);

    const anyAnswer: fc.Arbitrary<Answer> = fc.record(
      {
        status: fc.constantFrom(200, 201, 299, 400, 401, 404, 422, 500),
        contentType: fc.constantFrom(...CONTENT_TYPES),
        body: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          anyJson,
          fc.constantFrom(JSON.stringify(answer), `${JSON.stringify(answer)},`),
          someWrong(ERROR).map((wrongs) => withWrong(ERROR, wrongs)),
        ),
        cutAfter: fc.nat({ max: 300 }),
      },
      { requiredKeys: ['status', 'contentType', 'body'] },
    );

    it(
      'if one value of the answer is wrong',
      async () => {
        for (const wrong of eachWrong(answer)) await expectNoDifference(json(withWrong(answer, [wrong])));
      },
      TIMEOUT_MS,
    );

    it(
      'if several values of the answer are wrong',
      () => holdsFor(someWrong(answer), 20, (wrongs) => expectNoDifference(json(withWrong(answer, wrongs)))),
      TIMEOUT_MS,
    );

    it(
      'if the answer is any JSON',
      () => holdsFor(anyJson, 15, (body) => expectNoDifference(json(body))),
      TIMEOUT_MS,
    );

    it(
      'if the answer is any bytes of any content type, complete or cut off',
      () => holdsFor(anyAnswer, 25, expectNoDifference),
      TIMEOUT_MS,
    );
  },
);
