// Processes that end without a shutdown of the SDK.
import { describe, expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { eventsOfCalls, runApp, systemMessages } from './run-app.js';
import { WEATHER_APP_STDOUT } from './weather-app.js';

describe.concurrent.each([
  { what: 'process.exit() right after the last call', app: 'exits.mjs' },
  { what: 'nothing left to do', app: 'no-shutdown.mjs' },
])('$what', ({ app }) => {
  test('has every event in its file', async () => {
    const run = await runApp('--import', './telemetry.mjs', app);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
    expect(streamViolations(run.events)).toEqual([]);
    expect(eventsOfCalls(run.events)).toHaveLength(17);
    expect(systemMessages(run.events).at(-1)).toBe('event stream stopped');
  });
});

test.concurrent('Events are in order in the file, even if a write was under way', async () => {
  const run = await runApp('exits-while-writing.mjs');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.events.map((event) => event.event_id)).toEqual(['first', 'second', 'third']);
});
