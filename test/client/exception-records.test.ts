import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CaptureMode } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

// vitest formats stacks itself, as an application with source maps does.
const { prepareStackTrace } = Error;
beforeAll(() => Reflect.deleteProperty(Error, 'prepareStackTrace'));
afterAll(() => {
  Error.prepareStackTrace = prepareStackTrace;
});

let harness: Harness;
afterEach(() => harness.stop());

const REQUEST = { model: 'not-a-scenario', messages: [{ role: 'user' as const, content: 'hello' }] };
const EXCEPTION = 'gen_ai.client.operation.exception';

const exceptions = () => harness.logs.records().filter(({ eventName }) => eventName === EXCEPTION);

describe('A client operation that throws', () => {
  it.each<[mode: CaptureMode, withMessage: boolean]>([
    ['NO_CONTENT', false],
    ['SPAN_ONLY', false],
    ['EVENT_ONLY', true],
  ])('writes a record of the exception with %s', async (captureMessageContent, withMessage) => {
    harness = await startHarness({ events: false, instrumentation: { captureMessageContent } });
    const error = await harness.client.chat.completions.create(REQUEST).catch((thrown: unknown) => thrown);
    const [span] = harness.spans();
    expect(exceptions()).toEqual([
      {
        eventName: EXCEPTION,
        severityNumber: 13,
        body: undefined,
        spanContext: expect.objectContaining({ spanId: span?.spanContext().spanId }),
        attributes: expect.objectContaining({
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'not-a-scenario',
          'exception.type': (error as Error).constructor.name,
          'exception.stacktrace': expect.stringMatching(/^ {4}at /),
        }),
      },
    ]);
    const { attributes } = exceptions()[0] ?? {};
    expect(attributes?.['exception.message']).toBe(withMessage ? (error as Error).message : undefined);
    expect(String(attributes?.['exception.stacktrace'])).not.toContain((error as Error).message);
  });

  it('has no stack if the application formats stacks itself', async () => {
    harness = await startHarness({ events: false });
    let formatted = 0;
    Error.prepareStackTrace = () => {
      formatted += 1;
      return 'formatted';
    };
    try {
      await harness.client.chat.completions.create(REQUEST).catch(() => {});
    } finally {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    }
    expect(exceptions()).toHaveLength(1);
    expect(exceptions()[0]?.attributes).not.toHaveProperty(['exception.stacktrace']);
    expect(formatted).toBe(0);
  });

  it('writes none if the caller aborted it', async () => {
    harness = await startHarness({ events: false });
    const controller = new AbortController();
    const call = harness.client.chat.completions.create(REQUEST, { signal: controller.signal });
    controller.abort();
    await call.catch(() => {});
    expect(exceptions()).toEqual([]);
  });

  it('writes none if the convention has no name for it', async () => {
    harness = await startHarness({ events: false });
    await harness.client.moderations.create({ model: 'not-a-scenario', input: 'x' }).catch(() => {});
    expect(exceptions()).toEqual([]);
  });
});
