/** Feedback of a user or an evaluator, about a span that is active or has ended. Source: issue 17, section 5. */
import * as agents from '@openai/agents';
import { context, DiagConsoleLogger, DiagLogLevel, diag, type SpanContext, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FeedbackOptions, recordFeedback, withContext, withSession } from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: 'EVENT_ONLY' } });
});
afterEach(async () => {
  expect(streamViolations(await harness.events(), { open: true })).toEqual([]);
  harness.instrumentation.setConfig({ captureMessageContent: 'EVENT_ONLY' });
  await harness.reset();
});
afterAll(() => harness.stop());

const agent = new agents.Agent({ name: 'plain', model: 'plain' });
const tracer = trace.getTracer('application');

/** Does work in a span of the application, such as that of an HTTP request, and returns the span's identity. */
function inRequest(work: () => unknown): Promise<SpanContext> {
  return tracer.startActiveSpan('POST /chat', async (span) => {
    await work();
    span.end();
    return span.spanContext();
  });
}

const idsOf = ({ traceId, spanId }: SpanContext) => ({ traceId, spanId });

/** The evaluation records with the span in whose context each lies. */
const records = () =>
  harness.logs
    .records()
    .filter(({ eventName }) => eventName === 'gen_ai.evaluation.result')
    .map(({ attributes, spanContext }) => ({
      attributes,
      span: spanContext && idsOf(spanContext),
    }));

const feedbackEvents = async () =>
  (await harness.events()).filter(({ metadata }) => metadata?.feedback !== undefined);

describe('recordFeedback', () => {
  it('is a log record and an event about the active span', async () => {
    const span = await inRequest(() =>
      recordFeedback({ name: 'helpful', value: 0.75, label: 'good', comment: 'Solved it.' }),
    );
    expect(records()).toEqual([
      {
        attributes: {
          'gen_ai.evaluation.name': 'helpful',
          'gen_ai.evaluation.score.value': 0.75,
          'gen_ai.evaluation.score.label': 'good',
          'gen_ai.evaluation.explanation': 'Solved it.',
        },
        span: idsOf(span),
      },
    ]);
    expect(await feedbackEvents()).toMatchObject([
      {
        type: 'EVENT_TYPE_SYSTEM',
        severity: 'SEVERITY_INFO',
        trace_id: span.traceId,
        metadata: {
          message: 'feedback',
          feedback: {
            name: 'helpful',
            value: 0.75,
            label: 'good',
            comment: 'Solved it.',
            trace_id: span.traceId,
            span_id: span.spanId,
          },
        },
      },
    ]);
  });

  /** What was given, and what the log record and the event have of it. */
  const VALUES: ReadonlyArray<readonly [Omit<FeedbackOptions, 'name'>, score: unknown, kept: object]> = [
    [{ value: true }, 1, { value: true }],
    [{ value: false }, 0, { value: false }],
    [{ value: -3 }, -3, { value: -3 }],
    [{ label: 'thumbs_up' }, undefined, { label: 'thumbs_up' }],
    [{ comment: 'Meh.' }, undefined, { comment: 'Meh.' }],
    [{ value: 1, comment: '' }, 1, { value: 1 }],
  ];
  it.each(VALUES)('of %j without a span has a session of its own', async (given, score, kept) => {
    recordFeedback({ name: 'n', ...given });
    expect(
      records().map(({ attributes, span }) => [attributes['gen_ai.evaluation.score.value'], span]),
    ).toEqual([[score, undefined]]);
    const events = await harness.events();
    expect(events.map(({ type }) => type)).toEqual([
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_SYSTEM',
      'EVENT_TYPE_SESSION_END',
    ]);
    expect(events[1]?.metadata?.feedback).toEqual({ name: 'n', ...kept });
  });

  it('with nothing but an empty comment is not recorded', async () => {
    recordFeedback({ name: 'n', comment: '' });
    expect(records()).toEqual([]);
    expect(await harness.events()).toEqual([]);
  });

  it('about a run that has ended is in the session of that run', async () => {
    const span = await inRequest(() => agents.run(agent, 'first'));
    const [start] = await harness.events();
    recordFeedback({ name: 'helpful', value: true, ...idsOf(span) });
    expect(records().map((record) => record.span)).toEqual([idsOf(span)]);
    expect(await feedbackEvents()).toMatchObject([
      {
        session_id: start?.session_id,
        trace_id: span.traceId,
        metadata: { feedback: { span_id: span.spanId } },
      },
    ]);
  });

  it('about a span in a session that has ended is in that session', async () => {
    const span = await inRequest(() =>
      withSession({ id: 'chat-7' }, () => harness.client.responses.create({ model: 'plain', input: 'x' })),
    );
    await withSession({ id: 'other' }, async () =>
      recordFeedback({
        name: 'helpful',
        value: true,
        traceId: span.traceId.toUpperCase(),
        spanId: span.spanId.toUpperCase(),
      }),
    );
    expect(await feedbackEvents()).toMatchObject([{ session_id: 'chat-7', trace_id: span.traceId }]);
  });

  const FOREIGN = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  it('about a span of another process has the ids that were given, and the trace is the session', async () => {
    recordFeedback({ name: 'helpful', value: true, ...FOREIGN });
    expect(records().map((record) => record.span)).toEqual([FOREIGN]);
    expect(await feedbackEvents()).toMatchObject([
      {
        session_id: FOREIGN.traceId,
        trace_id: FOREIGN.traceId,
        metadata: { feedback: { trace_id: FOREIGN.traceId, span_id: FOREIGN.spanId } },
      },
    ]);
  });

  it('about a span of another process is in the session around the call', async () => {
    const traceId = 'ba'.repeat(16);
    await withSession({ id: 'chat-8' }, async () =>
      recordFeedback({ name: 'helpful', value: true, ...FOREIGN, traceId }),
    );
    expect(await feedbackEvents()).toMatchObject([{ session_id: 'chat-8', trace_id: traceId }]);
  });

  it('about a span of a trace with several sessions is in none of them', async () => {
    const span = await inRequest(async () => {
      for (const id of ['job-1', 'job-2']) {
        await withSession({ id }, () => harness.client.responses.create({ model: 'plain', input: 'x' }));
      }
    });
    recordFeedback({ name: 'helpful', value: true, ...idsOf(span) });
    expect(await feedbackEvents()).toMatchObject([{ session_id: span.traceId }]);
  });

  it('about a span that is open stands with its other events', async () => {
    let open: SpanContext | undefined;
    await withSession({ id: 'chat-9' }, async () => {
      tracer.startActiveSpan(
        'tool',
        { attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' } },
        (span) => {
          open = span.spanContext();
          context.with(trace.deleteSpan(context.active()), () =>
            recordFeedback({ name: 'helpful', value: true, ...idsOf(span.spanContext()) }),
          );
          span.end();
        },
      );
    });
    expect(await feedbackEvents()).toMatchObject([{ session_id: 'chat-9', span_id: open?.spanId }]);
  });

  it('has the user around the call, and its comment redacted', async () => {
    withContext({ userId: 'u-17' }, () =>
      recordFeedback({ name: 'helpful', comment: 'Mail alice@example.com' }),
    );
    expect(await feedbackEvents()).toMatchObject([
      {
        metadata: { user_id: 'u-17', feedback: { comment: 'Mail [REDACTED:email]' } },
        pii_categories: ['email'],
      },
    ]);
  });

  it.each([false, true, 'NO_CONTENT', 'SPAN_ONLY'] as const)(
    'has no comment in the log record with captureMessageContent: %j',
    (captureMessageContent) => {
      harness.instrumentation.setConfig({ captureMessageContent });
      recordFeedback({ name: 'helpful', value: 1, comment: 'secret' });
      expect(records()).toMatchObject([{ attributes: { 'gen_ai.evaluation.score.value': 1 } }]);
      expect(JSON.stringify(records())).not.toContain('secret');
    },
  );

  it('has no comment anywhere in a run without sensitive data', async () => {
    const quiet = new agents.Agent({
      name: 'plain',
      model: 'plain',
      outputGuardrails: [],
      instructions: () => {
        recordFeedback({ name: 'helpful', value: 1, comment: 'secret' });
        return 'be brief';
      },
    });
    await new agents.Runner({ traceIncludeSensitiveData: false }).run(quiet, 'hi');
    expect(records()).toHaveLength(1);
    expect(await feedbackEvents()).toHaveLength(1);
    expect(JSON.stringify([records(), await feedbackEvents()])).not.toContain('secret');
  });

  const ids = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  it.each<[unknown, string]>([
    [undefined, 'recordFeedback(): the options are undefined; they must be an object, e.g. { name, value }'],
    [{ value: 1 }, 'option "name" is missing; it must be a non-empty string of at most 256 characters'],
    [{ name: '', value: 1 }, `option "name" is ''`],
    [{ name: 'n' }, 'one of the options "value", "label" and "comment" is needed'],
    [{ name: 'n', value: '1' }, `option "value" is '1'; it must be a finite number, true or false`],
    [{ name: 'n', value: Number.NaN }, 'option "value" is NaN'],
    [{ name: 'n', label: 7 }, 'option "label" is 7'],
    [{ name: 'n', comment: 7 }, 'option "comment" is 7; it must be a string'],
    [{ name: 'n', value: 1, traceId: ids.traceId }, 'option "spanId" is missing'],
    [{ name: 'n', value: 1, spanId: ids.spanId }, 'option "traceId" is missing'],
    [{ name: 'n', value: 1, ...ids, spanId: 'x' }, 'it must be 16 hexadecimal digits'],
    [{ name: 'n', value: 1, ...ids, traceId: 'x'.repeat(32) }, 'it must be 32 hexadecimal digits'],
    [
      { name: 'n', score: 1 },
      'unknown option "score"; known options: name, value, label, comment, traceId, spanId',
    ],
  ])('warns of %j once, and records nothing', async (options, message) => {
    const warn = vi.fn();
    diag.setLogger({ ...new DiagConsoleLogger(), warn }, DiagLogLevel.WARN);
    recordFeedback(options as never);
    recordFeedback(options as never);
    diag.disable();
    expect(warn.mock.calls.map((call) => call.join(' '))).toEqual([expect.stringContaining(message)]);
    expect(records()).toEqual([]);
    expect(await harness.events()).toEqual([]);
  });

  it('records nothing about a span that no SDK has made', async () => {
    recordFeedback({ name: 'n', value: 1, traceId: '0'.repeat(32), spanId: '0'.repeat(16) });
    expect(records()).toEqual([]);
    expect(await harness.events()).toEqual([]);
  });

  it('runs no getter of its options', () => {
    const ran: string[] = [];
    const options = Object.defineProperty({ name: 'n', value: 1 }, 'comment', {
      get: () => ran.push('comment'),
      enumerable: true,
    });
    recordFeedback(options as never);
    expect(ran).toEqual([]);
    expect(records()).toHaveLength(1);
  });
});
