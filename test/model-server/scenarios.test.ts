import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Condition, fits } from '../../examples/model-server/scripting/condition.js';
import { fillTemplate, fillValue } from '../../examples/model-server/scripting/template.js';
import type { Turn } from '../../examples/model-server/scripting/turn.js';
import {
  loadScenarios,
  type Scenario,
  SHIPPED_SCENARIOS,
  startModelServer,
} from '../../examples/model-server/server.js';
import { clientOf, serverForFile } from './local-client.js';

const turn: Turn = {
  model: 'gpt-5-mini',
  stream: false,
  instructions: 'You are a Triage agent.',
  lastUser: 'Where is my parcel?',
  offeredTools: ['lookup_order', 'transfer_to_Refund_agent'],
  toolResults: [
    { name: 'lookup_order', output: 'shipped' },
    { name: 'lookup_order', output: 'delivered' },
  ],
  metadata: {},
  serviceTier: 'default',
  promptChars: 100,
};

describe('a condition', () => {
  const cases: [Condition, boolean][] = [
    [{}, true],
    [{ instructionsInclude: 'triage' }, true],
    [{ instructionsInclude: 'refund' }, false],
    [{ lastUserIncludes: 'PARCEL' }, true],
    [{ offersTool: 'transfer_to_refund_agent' }, true],
    [{ offersTool: 'lookup' }, false],
    [{ hasToolResultFor: ['lookup_order'] }, true],
    [{ hasToolResultFor: ['lookup_order', 'check_policy'] }, false],
    [{ toolResultCount: 2 }, true],
    [{ toolResultCount: 0 }, false],
    [{ instructionsInclude: 'triage', lastUserIncludes: 'refund' }, false],
  ];
  test.each(cases)('%o: %s', (condition, expected) => {
    expect(fits(condition, turn)).toBe(expected);
  });
});

test('templates are filled from the request', () => {
  const template = '{{lastUser}} {{ model }} {{toolResult:lookup_order}}{{toolResult:none}}';
  expect(fillTemplate(template, turn)).toBe('Where is my parcel? gpt-5-mini delivered');
});

test('templates inside an object are filled at every depth', () => {
  const value = { a: ['{{lastUser}}', 1, null], b: { c: '{{toolResult:lookup_order}}' } };
  expect(fillValue(value, turn)).toEqual({ a: ['Where is my parcel?', 1, null], b: { c: 'delivered' } });
});

test('an object is sent as JSON, whatever the user wrote', async () => {
  const server = await startModelServer({
    scenarios: [{ id: 'quoted', match: {}, steps: [{ reply: { json: { said: '{{lastUser}}' } } }] }],
  });
  const response = await clientOf(server).responses.create({ model: 'gpt-5-mini', input: 'a "b"\n\\c' });
  await server.close();
  expect(JSON.parse(response.output_text)).toEqual({ said: 'a "b"\n\\c' });
});

describe('A scenario is chosen by', () => {
  const server = serverForFile({
    scenarios: [
      { id: 'greeting', match: { lastUserIncludes: 'hello' }, steps: [{ reply: { text: 'matched' } }] },
      { id: 'narrow', steps: [{ when: { offersTool: 'x' }, reply: { text: 'x' } }] },
      {
        id: 'plain',
        steps: [{ reply: { text: 'my own plain', model: 'gpt-x-2026', serviceTier: 'priority' } }],
      },
    ],
  });
  const byHeader = { headers: { 'x-scenario': 'plain' } };
  const byMetadata = { metadata: { scenario: 'refusal' } };

  test.each([
    ['by header, before all else', { model: 'reasoning', input: 'hello', ...byMetadata }, byHeader, 'plain'],
    ['by metadata', { model: 'reasoning', input: 'hello', ...byMetadata }, {}, 'refusal'],
    ['by model', { model: 'reasoning', input: 'hello' }, {}, 'reasoning'],
    ['by match', { model: 'gpt-5-mini', input: 'Hello there' }, {}, 'greeting'],
    ['or it is the echo', { model: 'gpt-5-mini', input: 'Good evening' }, {}, 'echo'],
  ])('%s', async (_how, params, options, scenario) => {
    await clientOf(server()).responses.create(params, options);
    expect(server().requests.at(-1)).toMatchObject({ scenario, status: 200 });
  });

  test('A user’s scenario replaces the shipped one with the same id', async () => {
    const response = await clientOf(server()).responses.create({ model: 'gpt-5-mini', input: 'x' }, byHeader);
    expect(response).toMatchObject({
      output_text: 'my own plain',
      model: 'gpt-x-2026',
      service_tier: 'priority',
    });
  });

  test('A request that no step fits is answered with an error', async () => {
    const call = clientOf(server()).responses.create({
      model: 'narrow',
      instructions: 'Be kind',
      input: 'x',
    });
    await expect(call).rejects.toMatchObject({
      status: 400,
      code: 'no_matching_step',
      message: expect.stringMatching(
        /Scenario "narrow" has no step for this request.*Be kind.*tool results: none/s,
      ),
    });
  });
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenarios-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The message with which a folder that holds this file is refused. */
async function refusal(content: string): Promise<string> {
  await writeFile(join(folder, 'mine.json'), content);
  return loadScenarios(folder).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test('the shipped scenarios are all readable', async () => {
  const ids = (await loadScenarios(SHIPPED_SCENARIOS)).map((scenario) => scenario.id);
  expect(ids.sort()).toEqual([
    'content-filter',
    'failed',
    'handoff',
    'hosted-tools',
    'incomplete',
    'plain',
    'reasoning',
    'refusal',
    'structured',
    'support-desk',
    'support-desk-busy',
    'two-tools',
  ]);
});

describe('An invalid file is rejected with its name, the place and the fix', () => {
  const reply = (content: string) => `{"id":"mine","steps":[{"reply":${content}}]}`;

  test.each([
    ['no JSON', '{"id": "mine",}', /is not JSON: .*Fix the syntax/s],
    ['no steps', '{"id":"mine"}', /give either steps, or stepsOf/],
    ['an empty list', '{"id":"mine","steps":[]}', /steps: Too small/],
    ['a bad id', '{"id":"My Scenario","steps":[{"reply":{"text":"x"}}]}', /id: use lower-case letters/],
    ['a typo', reply('{"txt":"x"}'), /steps\[0\]\.reply has the unknown key "txt": remove or rename it/],
    [
      'arguments as a string',
      reply('{"toolCalls":[{"name":"a","arguments":"{}"}]}'),
      /steps\[0\]\.reply\.toolCalls\[0\]\.arguments must be an object \{ … \}, not a string of JSON/,
    ],
    ['nothing to say', reply('{}'), /steps\[0\]\.reply: the reply says nothing: give it text/],
    [
      'an unknown placeholder',
      reply('{"text":"{{lastUsr}}"}'),
      /steps\[0\]\.reply\.text: nothing fills \{\{lastUsr\}\}: use \{\{lastUser\}\}/,
    ],
    [
      'an unknown placeholder in arguments',
      reply('{"toolCalls":[{"name":"a","arguments":{"q":["{{user}}"]}}]}'),
      /arguments: nothing fills \{\{user\}\}/,
    ],
    ['text beside json', reply('{"text":"x","json":{}}'), /give either text or json/],
    [
      'a contradiction',
      reply('{"text":"x","status":"incomplete","finishReason":"stop"}'),
      /status and finishReason disagree/,
    ],
    [
      'an unknown fault',
      '{"id":"mine","faults":[{"fault":"explode"}],"steps":[{"reply":{"text":"x"}}]}',
      /faults\[0\]\.fault is none of the known kinds: use "rate-limit", "server-error"/,
    ],
    [
      'an unknown status',
      reply('{"text":"x","status":"done"}'),
      /steps\[0\]\.reply\.status must be one of "completed", "incomplete", "failed"/,
    ],
  ])('%s', async (_what, content, message) => {
    const said = await refusal(content);
    expect(said).toContain(`Scenario file ${join(folder, 'mine.json')}`);
    expect(said).toMatch(message);
  });
});

describe('scenarios given in code', () => {
  test('are checked too', async () => {
    const scenarios = [{ id: 'x', steps: [] }] satisfies Scenario[];
    await expect(startModelServer({ scenarios })).rejects.toThrow('Option scenarios[0]: steps: Too small');
  });

  test('must borrow steps from a scenario with steps', async () => {
    const scenarios = [{ id: 'x', stepsOf: 'nobody' }];
    await expect(startModelServer({ scenarios })).rejects.toThrow(
      /Scenario x: stepsOf "nobody" is no scenario with steps of its own; use one of .*support-desk/,
    );
  });
});
