/** Facts that applications record, through the real SDK: the audit event and the event on the active span. */
import { context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChaukasEvent,
  recordDataAccess,
  recordPolicyDecision,
  recordStateUpdate,
  recordSystemEvent,
  startSession,
  withSession,
} from '../../src/index.js';
import { withRunSettings } from '../../src/spans/run-settings.js';
import { eventLines } from '../../src/testing/event-lines.js';
import {
  AGENT,
  ANY_ID,
  ANY_SPAN,
  ANY_TIME,
  SEAL,
  startTracedApplication,
  type TracedApplication,
  toolCall,
} from './traced-application.js';

let application: TracedApplication;
beforeEach(async () => {
  application = await startTracedApplication();
});
afterEach(() => application.stop());

const tracer = () => trace.getTracer('application');

/** Runs within the span of a tool, beneath that of an agent. */
function inTool(action: () => void): { agentId: string; toolId: string; traceId: string } {
  return tracer().startActiveSpan('invoke_agent helper', { attributes: AGENT }, (agent) =>
    tracer().startActiveSpan('execute_tool find', { attributes: toolCall('find') }, (tool) => {
      action();
      tool.end();
      agent.end();
      const { traceId, spanId } = tool.spanContext();
      return { traceId, toolId: spanId, agentId: agent.spanContext().spanId };
    }),
  );
}

/** Each function with all of its options, and the events that it creates. */
const FACTS: readonly {
  what: string;
  record: () => void;
  event: Partial<ChaukasEvent>;
  withoutContent: Partial<ChaukasEvent>;
  spanEvent: { name: string; attributes: object };
}[] = [
  {
    what: 'recordPolicyDecision',
    record: () =>
      recordPolicyDecision({
        policyId: 'refund-limit',
        outcome: 'deny',
        ruleIds: ['r-7', 'r-9'],
        rationale: 'above the limit',
        metadata: { limit: 100 },
        content: { amount: 420 },
      }),
    event: {
      type: 'EVENT_TYPE_POLICY_DECISION',
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_WARN',
      author: 'AUTHOR_SYSTEM',
      policy: {
        policy_id: 'refund-limit',
        outcome: 'deny',
        rule_ids: ['r-7', 'r-9'],
        rationale: 'above the limit',
      },
      metadata: { limit: 100, amount: 420 },
    },
    withoutContent: { metadata: { limit: 100 } },
    spanEvent: {
      name: 'openai_agents.policy_decision',
      attributes: {
        'openai_agents.policy.id': 'refund-limit',
        'openai_agents.policy.outcome': 'deny',
        'openai_agents.policy.rule_ids': ['r-7', 'r-9'],
      },
    },
  },
  {
    what: 'recordDataAccess',
    record: () =>
      recordDataAccess({
        datasource: 'postgres://crm/customers',
        documentIds: ['c-1'],
        chunkIds: ['k-1', 'k-2'],
        piiCategories: ['email'],
        metadata: { rows: 1 },
        content: { query: 'who is c-1' },
      }),
    event: {
      type: 'EVENT_TYPE_DATA_ACCESS',
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_SYSTEM',
      data_access: {
        datasource: 'postgres://crm/customers',
        document_ids: ['c-1'],
        chunk_ids: ['k-1', 'k-2'],
        pii_categories: ['email'],
      },
      metadata: { rows: 1, query: 'who is c-1' },
    },
    withoutContent: { metadata: { rows: 1 } },
    spanEvent: {
      name: 'openai_agents.data_access',
      attributes: {
        'openai_agents.data_access.datasource': 'postgres://crm/customers',
        'openai_agents.data_access.document_ids': ['c-1'],
        'openai_agents.data_access.chunk_ids': ['k-1', 'k-2'],
        'openai_agents.data_access.pii_categories': ['email'],
      },
    },
  },
  {
    what: 'recordStateUpdate',
    record: () =>
      recordStateUpdate({
        state: { ticket: 'T-17', status: 'closed' },
        author: 'agent',
        metadata: { revision: 3 },
        content: { answer: 'It is on its way.' },
      }),
    event: {
      type: 'EVENT_TYPE_STATE_UPDATE',
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_AGENT',
      state_update: { ticket: 'T-17', status: 'closed', answer: 'It is on its way.' },
      metadata: { revision: 3 },
    },
    withoutContent: { state_update: { ticket: 'T-17', status: 'closed' } },
    spanEvent: {
      name: 'openai_agents.state_update',
      attributes: { 'openai_agents.state.keys': ['ticket', 'status'] },
    },
  },
  {
    what: 'recordSystemEvent',
    record: () =>
      recordSystemEvent({
        message: 'allow-list reloaded',
        severity: 'debug',
        metadata: { version: 12, message: 'not this one' },
      }),
    event: {
      type: 'EVENT_TYPE_SYSTEM',
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_DEBUG',
      author: 'AUTHOR_SYSTEM',
      metadata: { version: 12, message: 'allow-list reloaded' },
    },
    withoutContent: {},
    spanEvent: {
      name: 'openai_agents.system_event',
      attributes: {
        'openai_agents.system.message': 'allow-list reloaded',
        'openai_agents.system.severity': 'debug',
      },
    },
  },
];

describe.each(FACTS)('$what', ({ record, event, withoutContent, spanEvent }) => {
  it('is an event of the active tool, in the audit stream and on the span', async () => {
    const { agentId, toolId, traceId } = inTool(record);
    const events = await application.events();
    const type = String(event.type).slice('EVENT_TYPE_'.length);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START helper',
      '    TOOL_CALL_START find',
      event.policy === undefined ? `    ${type}` : `    ${type} ${event.policy.outcome}`,
      '    TOOL_CALL_END',
      '  AGENT_END helper',
      'SESSION_END',
    ]);
    expect(events[3]).toEqual({
      ...SEAL,
      event_id: ANY_ID,
      timestamp: ANY_TIME,
      session_id: traceId,
      trace_id: traceId,
      span_id: toolId,
      parent_span_id: agentId,
      agent_id: 'helper',
      agent_name: 'helper',
      ...event,
    });
    const tool = application.spans().find((span) => span.name === 'execute_tool find');
    expect(tool?.events).toEqual([expect.objectContaining(spanEvent)]);
    expect(application.warnings).toEqual([]);
  });

  it('has no content if the processor is configured so', async () => {
    await application.stop();
    application = await startTracedApplication({ captureMessageContent: false });
    inTool(record);
    const [, , , recorded] = await application.events();
    expect({ ...event, ...withoutContent }).toEqual(
      Object.fromEntries(Object.entries(recorded ?? {}).filter(([key]) => key in event)),
    );
  });

  it('has no content in a run without sensitive data', async () => {
    inTool(() => context.with(withRunSettings(context.active(), { contentAllowed: false }), record));
    const [, , , recorded] = await application.events();
    expect({ ...event, ...withoutContent }).toEqual(
      Object.fromEntries(Object.entries(recorded ?? {}).filter(([key]) => key in event)),
    );
  });

  it('is a session of its own outside of any span', async () => {
    record();
    const events = await application.events();
    const [start, recorded, end] = events;
    const origin = { ...SEAL, event_id: ANY_ID, timestamp: ANY_TIME, session_id: ANY_ID };
    const sessionEvent = { author: 'AUTHOR_SYSTEM', severity: 'SEVERITY_INFO', ...origin };
    expect(events).toEqual([
      {
        ...sessionEvent,
        type: 'EVENT_TYPE_SESSION_START',
        status: 'EVENT_STATUS_STARTED',
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        span_id: ANY_SPAN,
        metadata: {
          scope: 'process',
          process_id: process.pid,
          stream_id: expect.stringMatching(/^stream-/),
        },
      },
      {
        ...origin,
        trace_id: start?.trace_id,
        span_id: ANY_SPAN,
        parent_span_id: start?.span_id,
        ...event,
      },
      {
        ...sessionEvent,
        type: 'EVENT_TYPE_SESSION_END',
        status: 'EVENT_STATUS_COMPLETED',
        trace_id: start?.trace_id,
        span_id: start?.span_id,
        metadata: { event_count: 3 },
      },
    ]);
    expect(new Set([start?.session_id, recorded?.session_id, end?.session_id]).size).toBe(1);
    record();
    const again = (await application.events()).slice(3);
    expect(again).toHaveLength(3);
    expect(again[0]?.session_id).not.toBe(start?.session_id);
  });
});

describe('The place of a fact', () => {
  const record = () => recordSystemEvent({ message: 'here' });

  it('is the tool, if a span of another library beneath the tool is active', async () => {
    let beneath = '';
    const { toolId } = inTool(() => {
      tracer().startActiveSpan('SELECT', (select) => {
        beneath = select.spanContext().spanId;
        record();
        select.end();
      });
    });
    const recorded = (await application.events()).find((event) => event.type === 'EVENT_TYPE_SYSTEM');
    expect(recorded?.span_id).toBe(toolId);
    expect(beneath).not.toBe(toolId);
    expect(application.spans().find((span) => span.name === 'SELECT')?.events).toHaveLength(1);
  });

  it('is under the session, with its own span id, if the session span is active', async () => {
    withSession({ id: 's-1', name: 'support' }, () => {
      record();
      tracer().startActiveSpan('GET /orders', (request) => {
        record();
        request.end();
      });
      record();
    });
    const events = await application.events();
    expect(eventLines(events)).toEqual(['SESSION_START', '  SYSTEM', '  SYSTEM', '  SYSTEM', 'SESSION_END']);
    const [start, first, second, third] = events;
    const request = application.spans().find((span) => span.name === 'GET /orders');
    expect(start?.metadata).toMatchObject({ name: 'support', service: expect.any(String) });
    expect(second?.span_id).toBe(request?.spanContext().spanId);
    expect([first, second, third].map((event) => event?.parent_span_id)).toEqual(
      Array(3).fill(start?.span_id),
    );
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['s-1']));
    expect(new Set([start, first, second, third].map((event) => event?.span_id)).size).toBe(4);
  });

  it('is under the session if a workflow span represents the session', async () => {
    tracer().startActiveSpan(
      'invoke_workflow w',
      { attributes: { 'gen_ai.operation.name': 'invoke_workflow' } },
      (workflow) => {
        record();
        workflow.end();
      },
    );
    const events = await application.events();
    expect(eventLines(events)).toEqual(['SESSION_START', '  SYSTEM', 'SESSION_END']);
    expect(events[1]?.invocation_id).toBe(events[0]?.span_id);
  });

  it('is the session of the trace on a span of another library, before and after GenAI spans', async () => {
    let request = '';
    tracer().startActiveSpan('POST /chat', (span) => {
      request = span.spanContext().spanId;
      record();
      inTool(() => {});
      record();
      span.end();
    });
    const events = await application.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  SYSTEM',
      '  AGENT_START helper',
      '    TOOL_CALL_START find',
      '    TOOL_CALL_END',
      '  AGENT_END helper',
      '  SYSTEM',
      'SESSION_END',
    ]);
    expect([events[1]?.span_id, events[6]?.span_id]).toEqual([request, request]);
    expect(events[0]?.session_id).toBe(events[0]?.trace_id);
  });

  it('has its own span id if the active span represents the session of its children', async () => {
    tracer().startActiveSpan('POST /chat', (span) => {
      inTool(() => {});
      record();
      span.end();
    });
    const events = await application.events();
    const recorded = events.find((event) => event.type === 'EVENT_TYPE_SYSTEM');
    expect(events[0]?.span_id).toBe(application.spans().at(-1)?.spanContext().spanId);
    expect(recorded).toMatchObject({ span_id: ANY_SPAN, parent_span_id: events[0]?.span_id });
    expect(recorded?.span_id).not.toBe(events[0]?.span_id);
  });

  it('is a span that shows only later that it is a GenAI span, and that then emits no event', async () => {
    tracer().startActiveSpan('late', (late) => {
      record();
      late.setAttributes(AGENT);
      late.end();
    });
    expect(eventLines(await application.events())).toEqual(['SESSION_START', '  SYSTEM', 'SESSION_END']);
  });

  it('is the session with the given id if its span has ended', async () => {
    let late = () => {};
    withSession({ id: 's-2' }, () => {
      const inner = context.active();
      late = () => context.with(inner, record);
    });
    late();
    await application.processor.shutdown();
    const events = await application.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      'SESSION_END',
      'SESSION_START',
      '  SYSTEM',
      'SESSION_END',
    ]);
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['s-2']));
    // A second START with the same span id would be beside the first one.
    expect(events[2]?.span_id).not.toBe(events[0]?.span_id);
  });

  it('is the trace of a span that the sampler dropped', async () => {
    const dropped = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.NONE };
    context.with(trace.setSpanContext(ROOT_CONTEXT, dropped), record);
    const events = await application.events({ open: true });
    expect(eventLines(events)).toEqual(['SESSION_START', '  SYSTEM']);
    expect(events[1]).toMatchObject({ session_id: dropped.traceId, trace_id: dropped.traceId });
    expect(events[1]?.span_id).not.toBe(dropped.spanId);
  });

  it('is a session without a trace, by its id', async () => {
    trace.disable();
    const session = startSession({ id: 's-3' });
    session.with(record);
    const events = await application.events({ open: true });
    expect(eventLines(events)).toEqual(['SESSION_START', '  SYSTEM']);
    expect(events.map((event) => event.session_id)).toEqual(['s-3', 's-3']);
  });
});

describe('Wrong options', () => {
  const anyRecord = recordPolicyDecision as (options: unknown) => void;
  const PREFIX = 'opentelemetry-instrumentation-openai-agents recordPolicyDecision(): ';

  it('are logged once each, and the rest of the event is recorded', async () => {
    for (const _again of [1, 2]) {
      anyRecord({
        policyId: 'p',
        outcome: 'allow',
        ruleIds: 'r-1',
        rationale: '',
        reason: 'x',
        metadata: [],
      });
    }
    expect(application.warnings).toEqual([
      `${PREFIX}unknown option "reason"; known options: policyId, outcome, ruleIds, rationale, approver, author, metadata, content; the option is ignored`,
      `${PREFIX}option "ruleIds" is 'r-1'; it must be an array of non-empty strings; the option is ignored`,
      `${PREFIX}option "rationale" is ''; it must be a non-empty string; the option is ignored`,
      `${PREFIX}option "metadata" is an empty array; it must be an object; the option is ignored`,
    ]);
    const recorded = (await application.events()).filter((event) => event.policy !== undefined);
    expect(recorded.map(({ policy, metadata }) => ({ policy, metadata }))).toEqual(
      Array(2).fill({ policy: { policy_id: 'p', outcome: 'allow' }, metadata: undefined }),
    );
  });

  it.each([
    [
      undefined,
      'the options are undefined; they must be an object with policyId and outcome; nothing is recorded',
    ],
    [
      { policyId: 'p', outcome: 'denied' },
      `option "outcome" is 'denied'; it must be 'allow', 'deny' or 'review'; nothing is recorded`,
    ],
    [
      { outcome: 'allow' },
      'option "policyId" is missing; it must be a non-empty string; nothing is recorded',
    ],
  ])('record nothing of %j, and throw nothing', async (options, problem) => {
    anyRecord(options);
    expect(application.warnings).toEqual([PREFIX + problem]);
    expect(await application.events()).toEqual([]);
  });

  it('can be of any type', async () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('hostile');
        },
        ownKeys: () => ['policyId'],
      },
    );
    expect(() => anyRecord(hostile)).not.toThrow();
    expect(application.warnings).toEqual([expect.stringContaining('the application is not affected')]);
    expect(await application.events()).toEqual([]);
  });
});

describe('A recorded fact', () => {
  it('has the values of the moment of the call', async () => {
    const documentIds = ['d-1'];
    const metadata = { tags: ['a'] };
    recordDataAccess({ datasource: 'memory', documentIds, metadata });
    documentIds.push('d-2');
    metadata.tags.push('b');
    expect((await application.events())[1]).toMatchObject({
      data_access: { document_ids: ['d-1'] },
      metadata: { tags: ['a'] },
    });
  });

  it('is complete in the audit event, and of limited length on the span', async () => {
    const documentIds = Array.from({ length: 250 }, (_, index) => `d-${index}`);
    inTool(() => recordDataAccess({ datasource: 'memory', documentIds }));
    const recorded = (await application.events()).find((event) => event.data_access !== undefined);
    expect(recorded?.data_access?.document_ids).toEqual(documentIds);
    const [event] = application.spans().find((span) => span.name === 'execute_tool find')?.events ?? [];
    expect(event?.attributes?.['openai_agents.data_access.document_ids']).toEqual(documentIds.slice(0, 100));
  });

  it('is dropped without a listener and a span', async () => {
    await application.processor.shutdown();
    recordSystemEvent({ message: 'without a listener' });
    inTool(() => recordSystemEvent({ message: 'the trace does' }));
    expect(application.spans().flatMap((span) => span.events.map((event) => event.name))).toEqual([
      'openai_agents.system_event',
    ]);
    expect(await application.events()).toEqual([]);
  });
});
