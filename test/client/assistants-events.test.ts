/** Events of an Assistants run with the default policy: content in events, none on spans. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

it('A run has its input and output in its events and not on its span', async () => {
  await harness.client.beta.threads
    .createAndRunStream({
      assistant_id: 'asst_1',
      thread: { messages: [{ role: 'user', content: 'Where is A-1001?' }] },
    })
    .finalRun();
  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  expect(eventLines(events)).toEqual([
    'SESSION_START',
    '  AGENT_START',
    '  INPUT_RECEIVED',
    '  OUTPUT_EMITTED',
    '  AGENT_END',
    'SESSION_END',
  ]);
  expect(events.map(({ message }) => message).filter((message) => message !== undefined)).toMatchObject([
    { role: 'user', text: 'Where is A-1001?' },
    { role: 'assistant', text: 'The assistant has finished its work.' },
  ]);
  const names = harness.spans().flatMap(({ attributes }) => Object.keys(attributes));
  expect(names.filter((name) => name.endsWith('.messages'))).toEqual([]);
});
