// The error of a tool, which the Agents SDK withholds from its own span. Only module hooks reach the file that sees it.
// Source: ../shared/cases/records/tool-error-redacted.mjs.
import * as agents from '@openai/agents';
import { expect, test } from 'vitest';
import { runApp } from './run-app.js';

/** The error in the record of a failed call, by the agent that made it. */
const FAILURES = {
  error: { error_code: 'Error', error_message: 'order database is down' },
  'own class': { error_code: 'OrdersDown', error_message: 'no orders today' },
  code: { error_code: 'ENOENT', error_message: 'no such file' },
  text: { error_code: '_OTHER', error_message: 'a text' },
  arguments: { error_code: 'InvalidToolInputError', error_message: 'Invalid JSON input for tool' },
  'own answer': { error_code: 'Error', error_message: 'told' },
  'ends the run': { error_code: 'OrdersDown', error_message: 'fatal' },
};

// The versions that ask about each error have this class too (from 0.14.3 on at the latest).
const isTold = 'InvalidToolOutputError' in agents;

test.runIf(isTold).concurrent.each([
  { what: 'an ESM application', how: ['--import', './telemetry.mjs', 'failing-tools.mjs'] },
  { what: 'a CommonJS application', how: ['--require', './telemetry.cjs', 'failing-tools.cjs'] },
])('The record of a failed tool has its error in $what', async ({ how }) => {
  const run = await runApp(...how);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  const ofTools = run.events.filter(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_END');
  const spanIds = new Set(ofTools.map(({ span_id }) => span_id));
  const errors = run.events.filter(
    ({ type, span_id }) => type === 'EVENT_TYPE_ERROR' && spanIds.has(span_id),
  );
  expect(Object.fromEntries(errors.map(({ agent_name, error }) => [agent_name, error]))).toEqual(FAILURES);
  expect(ofTools.map(({ status }) => status)).toEqual(ofTools.map(() => 'EVENT_STATUS_FAILED'));
});
