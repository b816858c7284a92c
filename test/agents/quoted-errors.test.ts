import * as agents from '@openai/agents';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { SAID, SOURCES } from './quoting-errors.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.stop());

const onSpans = () =>
  harness
    .spans()
    .flatMap(({ name, attributes, status, events }) =>
      JSON.stringify([attributes, status, events.map((event) => event.attributes)]).includes(SAID)
        ? [name]
        : [],
    );
const inEvents = async () =>
  (await harness.events()).filter((event) => JSON.stringify(event).includes(SAID)).map(({ type }) => type);

describe.each(SOURCES)('What %s says', (_what, run) => {
  it('is on no span if spans carry no content, and in the events', async () => {
    await run(new agents.Runner()).catch(() => {});
    expect(onSpans()).toEqual([]);
    expect(await inEvents()).not.toEqual([]);
    expect(harness.spans().some(({ attributes }) => attributes['error.type'] !== undefined)).toBe(true);
  });

  it('is on spans that carry content', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: true });
    await run(new agents.Runner()).catch(() => {});
    harness.instrumentation.setConfig({});
    expect(onSpans()).not.toEqual([]);
  });

  it('is nowhere if the run has no sensitive data in its traces', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: true });
    await run(new agents.Runner({ traceIncludeSensitiveData: false })).catch(() => {});
    harness.instrumentation.setConfig({});
    expect(onSpans()).toEqual([]);
    expect(await inEvents()).toEqual([]);
  });

  it('is on no span and in no log record if they are redacted, and in the events as before', async () => {
    const captureMessageContent = 'SPAN_AND_EVENT' as const;
    harness.instrumentation.setConfig({ captureMessageContent });
    await run(new agents.Runner()).catch(() => {});
    const before = await inEvents();
    await harness.reset();
    const redaction = { patterns: [{ category: 'patient', pattern: SAID }] };
    harness.instrumentation.setConfig({ captureMessageContent, redaction });
    await run(new agents.Runner()).catch(() => {});
    harness.instrumentation.setConfig({});
    expect(onSpans()).toEqual([]);
    expect(JSON.stringify(harness.logs.records().map(({ attributes }) => attributes))).not.toContain(SAID);
    const shown = harness.spans().map(({ attributes, status }) => [attributes, status.message]);
    expect(JSON.stringify(shown)).toContain('[REDACTED:patient]');
    expect(await inEvents()).toEqual(before);
    expect((await harness.events()).filter((event) => event.redaction !== undefined)).toEqual([]);
  });
});
