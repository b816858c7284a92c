/** Answers that no API gives: whatever the client makes of them, it makes the same of them with us. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, startBothWays } from './both-ways.js';
import { anyJson, withWrong, wrongAt } from './hostile-json.js';
import { inTime, RUNS_TIMEOUT_MS, runs } from './runs.js';

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

const json = (body: string): Answer => ({ status: 200, contentType: 'application/json', body });

describe.each(API_CALLS)('$name', ({ request, answer, call }) => {
  const expectNoDifference = (answered: Answer) =>
    bothWays.expectNoDifference((client) => call(client, request()), answered);

  it(
    'answered with something wrong in it',
    () =>
      fc.assert(
        fc.asyncProperty(
          wrongAt(),
          inTime(async (wrongs) => {
            await expectNoDifference(json(withWrong(answer, wrongs)));
          }),
        ),
        runs(60),
      ),
    RUNS_TIMEOUT_MS,
  );

  it(
    'answered with any JSON',
    () =>
      fc.assert(
        fc.asyncProperty(
          anyJson,
          inTime(async (body) => {
            await expectNoDifference(json(body));
          }),
        ),
        runs(30),
      ),
    RUNS_TIMEOUT_MS,
  );

  it(
    'answered with any bytes, said to be anything, in full or not',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.record(
            {
              status: fc.constantFrom(200, 201, 299, 400, 401, 404, 422, 500),
              contentType: fc.constantFrom(...CONTENT_TYPES),
              body: fc.oneof(
                fc.string({ unit: 'binary', maxLength: 200 }),
                anyJson,
                fc.constantFrom(JSON.stringify(answer), `${JSON.stringify(answer)},`),
                wrongAt().map((wrongs) => JSON.stringify({ error: JSON.parse(withWrong(ERROR, wrongs)) })),
              ),
              cutAfter: fc.nat({ max: 300 }),
            },
            { requiredKeys: ['status', 'contentType', 'body'] },
          ),
          inTime(async (answered) => {
            await expectNoDifference(answered);
          }),
        ),
        runs(40),
      ),
    RUNS_TIMEOUT_MS,
  );
});

const ERROR = {
  message: 'No such model',
  type: 'invalid_request_error',
  param: 'model',
  code: 'model_not_found',
};
