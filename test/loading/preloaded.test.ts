// The package in a preloaded file, the way in which most applications register it.
//
// CommonJS loads the ES module by require(), without a warning in Node 20.19, 22.13 and above. Node 22.12 prints an
// ExperimentalWarning.
import { describe, expect, test } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
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
  { what: 'An ESM application with --import', how: ['--import', './telemetry.mjs', 'app.mjs'] },
  { what: 'A CommonJS application with --require', how: ['--require', './telemetry.cjs', 'app.cjs'] },
  { what: 'A CommonJS application with --import', how: ['--import', './telemetry.mjs', 'app.cjs'] },
  {
    what: 'An instrumentation that is registered twice',
    how: ['--import', './telemetry-twice.mjs', 'app.mjs'],
  },
])('$what', ({ how }) => {
  test('exports spans over OTLP, writes events to the file, and prints nothing of its own', async () => {
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
  { what: 'An ESM application', how: ['--import', './telemetry.mjs', 'subpath.mjs'] },
  { what: 'A CommonJS application', how: ['--require', './telemetry.cjs', 'subpath.cjs'] },
])('$what that imports openai/client alone', ({ how }) => {
  test('has its call traced', async () => {
    const run = await runApp(...how);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: 'The capital of France is Paris.\n' });
    expect(otlpSpanTree(run.spans)).toEqual(['chat plain [CLIENT]']);
    expect(streamViolations(run.events)).toEqual([]);
  });
});

describe.concurrent.each([
  { what: 'An ESM application', how: ['--import', './telemetry.mjs', 'sockets.mjs'] },
  { what: 'A CommonJS application', how: ['--require', './telemetry.cjs', 'sockets.cjs'] },
])('$what that uses the WebSocket clients of openai', ({ how }) => {
  test('has its responses and its connections traced', async () => {
    const run = await runApp(...how);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: 'done\n' });
    expect(otlpSpanTree(run.spans)).toEqual(['chat plain [CLIENT]', 'realtime gpt-realtime [INTERNAL]']);
    expect(streamViolations(run.events)).toEqual([]);
  });
});
