/**
 * Runs an agent whose model is another vendor's, through the AI SDK, and checks what is recorded of each model call, the
 * agent, the run and the session: provider, model, tokens, messages and outcome.
 *
 *     npm run test:ai-sdk
 *
 * The Agents SDK, its adapter and the AI SDK are installed once into `.cache/`, from the lock file in `scripts/ai-sdk/`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPinned } from './pinned-packages.mjs';

const APPLICATION = path.join(path.dirname(fileURLToPath(import.meta.url)), 'ai-sdk', 'application.mjs');

const text = (role, content) => ({ role, parts: [{ type: 'text', content }] });
const QUESTION = text('user', 'What is the weather?');
const TOOL_CALL = {
  role: 'assistant',
  parts: [{ type: 'tool_call', id: 'toolu_1', name: 'get_weather', arguments: { city: 'Oslo' } }],
};
const TOOL_RESULT = {
  role: 'tool',
  parts: [{ type: 'tool_call_response', id: 'toolu_1', response: 'rain' }],
};

/** A model call. The server counts 3 cached tokens beside the 21 of the input. */
const chat = (input, more) => ({
  name: 'chat claude-sonnet-4-5',
  failed: false,
  provider: 'anthropic',
  requestModel: 'claude-sonnet-4-5',
  input,
  instructions: [{ type: 'text', content: 'Be brief.' }],
  ...more,
});
const FIRST_CALL = chat([QUESTION], {
  inputTokens: 24,
  cachedTokens: 3,
  outputTokens: 9,
  output: [{ ...TOOL_CALL, finish_reason: 'tool_call' }],
});
const SECOND_INPUT = [QUESTION, TOOL_CALL, TOOL_RESULT];
const ANSWER = { output: [{ ...text('assistant', 'It rains.'), finish_reason: 'stop' }] };
const SECOND_CALL = chat(SECOND_INPUT, { inputTokens: 24, cachedTokens: 3, outputTokens: 5, ...ANSWER });
const TOOL = { name: 'execute_tool get_weather', failed: false };
const AGENT = {
  name: 'invoke_agent Forecaster',
  failed: false,
  input: [QUESTION],
  instructions: [{ type: 'text', content: 'Be brief.' }],
};
const WORKFLOW = { name: 'invoke_workflow Forecaster', failed: false, input: [QUESTION] };
const CANCELLED = { outcome: 'cancelled' };

const COMPLETED = {
  requests: 2,
  spans: [
    FIRST_CALL,
    TOOL,
    SECOND_CALL,
    { ...AGENT, inputTokens: 48, outputTokens: 14, ...ANSWER },
    { ...WORKFLOW, inputTokens: 48, outputTokens: 14, ...ANSWER },
  ],
  ends: [
    'MODEL_INVOCATION_END COMPLETED',
    'TOOL_CALL_END COMPLETED',
    'MODEL_INVOCATION_END COMPLETED',
    'AGENT_END COMPLETED',
    'SESSION_END COMPLETED',
  ],
  tokens: [33, 29],
  sessionTokens: 62,
  priced: 2,
};
const GIVEN_UP = {
  requests: 2,
  spans: [
    FIRST_CALL,
    TOOL,
    chat(SECOND_INPUT, CANCELLED),
    { ...AGENT, inputTokens: 24, outputTokens: 9, ...CANCELLED },
    { ...WORKFLOW, inputTokens: 24, outputTokens: 9, ...CANCELLED },
  ],
  ends: [
    'MODEL_INVOCATION_END COMPLETED',
    'TOOL_CALL_END COMPLETED',
    'MODEL_INVOCATION_END CANCELLED',
    'AGENT_END CANCELLED',
    'SESSION_END CANCELLED',
  ],
  tokens: [33],
  sessionTokens: 33,
  priced: 1,
};
const REFUSED = {
  error: 'max_tokens is an unlucky number',
  requests: 1,
  spans: [
    chat([QUESTION], { failed: true, errorType: 'AI_APICallError' }),
    { ...AGENT, failed: true, errorType: 'AI_APICallError' },
    { ...WORKFLOW, failed: true, errorType: 'APICallError' },
  ],
  ends: [
    'ERROR FAILED',
    'MODEL_INVOCATION_END FAILED',
    'ERROR FAILED',
    'AGENT_END FAILED',
    'SESSION_END FAILED',
  ],
  tokens: [],
  priced: 0,
};

const EXPECTED = [
  { situation: 'plain', ...COMPLETED },
  { situation: 'streamed', ...COMPLETED },
  { situation: 'left', ...GIVEN_UP },
  { situation: 'aborted', ...GIVEN_UP },
  { situation: 'failed', ...REFUSED },
];

const folder = installPinned('ai-sdk');
const file = path.join(folder, 'application.mjs');
cpSync(APPLICATION, file);
const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
const records = stdout
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
for (const expected of EXPECTED) {
  const { situation } = expected;
  const record = records.find((candidate) => candidate.situation === situation);
  assert.deepEqual(record, expected, `the run "${situation}" is recorded otherwise`);
}
console.log(`${EXPECTED.map(({ situation }) => situation).join(', ')}: each run is recorded as it was.`);
