import * as agents from '@openai/agents';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { SAID, SOURCES } from './quoting-errors.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    instrumentation: { captureMessageContent: true },
    processor: { captureMessageContent: false },
  });
});
beforeEach(() => harness.reset());
afterAll(() => harness.stop());

const DECIDED = new Set<unknown>(['EVENT_TYPE_ERROR', 'EVENT_TYPE_POLICY_DECISION']);

describe('Events without content', () => {
  it.each(SOURCES)('do not quote %s', async (_what, run) => {
    await run(new agents.Runner()).catch(() => {});
    const events = await harness.events();
    expect(events.some(({ type }) => DECIDED.has(type))).toBe(true);
    expect(JSON.stringify(events)).not.toContain(SAID);
  });
});
