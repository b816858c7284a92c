// The package in a file that is preloaded, which is how most applications register it.
//
// The package is ESM only. That CommonJS can require() it without a warning is so in Node 20.19, 22.13 and above: 22.12
// prints an ExperimentalWarning, and what is older in 22 throws ERR_REQUIRE_ESM.
import { describe, expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { eventLines } from '../harness/event-tree.js';
import { otlpSpanTree } from './otlp-span-tree.js';
import { eventsOfCalls, runApp, systemMessages } from './run-app.js';
import { WEATHER_APP_SPANS, WEATHER_APP_STDOUT } from './weather-app.js';

const WEATHER_APP_EVENTS = [
  'SESSION_START',
  '  AGENT_START weather_agent',
  '  STATE_UPDATE',
  '  INPUT_RECEIVED',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '    TOOL_CALL_START get_weather',
  '    TOOL_CALL_END',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '  OUTPUT_EMITTED',
  '  AGENT_END weather_agent',
  'SESSION_END',
  'SESSION_START',
  '  MODEL_INVOCATION_START',
  '  MODEL_INVOCATION_END',
  'SESSION_END',
];

describe.concurrent.each([
  { what: 'an ESM application with --import', how: ['--import', './telemetry.mjs', 'app.mjs'] },
  { what: 'a CommonJS application with --require', how: ['--require', './telemetry.cjs', 'app.cjs'] },
  { what: 'a CommonJS application with --import', how: ['--import', './telemetry.mjs', 'app.cjs'] },
  {
    what: 'an instrumentation that is registered twice',
    how: ['--import', './telemetry-twice.mjs', 'app.mjs'],
  },
])('$what', ({ how }) => {
  test('spans go out over OTLP, events into the file, and nobody else notices', async () => {
    const run = await runApp(...how);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
    expect(run.modelRequests).toEqual(['/v1/responses', '/v1/responses', '/v1/chat/completions']);
    expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
    expect(eventLines(eventsOfCalls(run.events))).toEqual(WEATHER_APP_EVENTS);
    const [first, second, ...others] = systemMessages(run.events);
    expect([first, second, others.at(-1)]).toEqual([
      'event stream started',
      'instrumentation started',
      'event stream stopped',
    ]);
    expect(streamViolations(run.events)).toEqual([]);
  });
});

describe.concurrent.each([
  { what: 'an ESM application', how: ['--import', './telemetry.mjs', 'subpath.mjs'] },
  { what: 'a CommonJS application', how: ['--require', './telemetry.cjs', 'subpath.cjs'] },
])('$what that imports openai/client alone', ({ how }) => {
  test('has its call traced', async () => {
    const run = await runApp(...how);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: 'The capital of France is Paris.\n' });
    expect(otlpSpanTree(run.spans)).toEqual(['chat plain [CLIENT]']);
    expect(streamViolations(run.events)).toEqual([]);
  });
});
