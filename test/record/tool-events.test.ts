/** Events that are derived from the names of tools: option `toolEvents`. */
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { matches } from '../../src/events/tool-name-patterns.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  MemorySink,
  recordDataAccess,
  type ToolEventPatterns,
} from '../../src/index.js';
import { publishSignal } from '../../src/signals/signal-channel.js';
import { eventLines } from '../../src/testing/event-lines.js';
import {
  AGENT,
  ANY_ID,
  ANY_TIME,
  SEAL,
  startTracedApplication,
  type TracedApplication,
  toolCall,
} from './traced-application.js';

let application: TracedApplication | undefined;
afterEach(() => application?.stop());

/** Calls a tool from an agent, and returns the events of the call other than its START and END. */
async function eventsOf(
  toolEvents: ToolEventPatterns | undefined,
  call: { name: string; fails?: boolean; result?: string; signalled?: string; within?: () => void },
): Promise<ChaukasEvent[]> {
  application = await startTracedApplication(toolEvents === undefined ? {} : { toolEvents });
  const { name, fails = false, result, signalled, within = () => {} } = call;
  const tracer = trace.getTracer('application');
  tracer.startActiveSpan('invoke_agent helper', { attributes: AGENT }, (agent) => {
    const attributes = toolCall(name, {
      'gen_ai.tool.call.id': 'call-1',
      ...(result !== undefined && { 'gen_ai.tool.call.result': result }),
    });
    tracer.startActiveSpan(`execute_tool ${name}`, { attributes }, (tool) => {
      within();
      if (signalled !== undefined) {
        publishSignal({ type: 'tool.result', span: tool.spanContext(), time: Date.now(), result: signalled });
      }
      if (fails) tool.setStatus({ code: 2, message: 'no' });
      tool.end();
    });
    agent.end();
  });
  const events = await application.events();
  const start = events.findIndex(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_START');
  const end = events.findIndex(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_END');
  return events.slice(start + 1, end);
}

/** The content of an event, without its place in the stream. */
const said = ({ type, severity, policy, data_access, state_update, metadata }: ChaukasEvent) =>
  JSON.parse(JSON.stringify({ type, severity, policy, data_access, state_update, metadata })) as unknown;

describe('A tool whose name matches', () => {
  it('emits the event under the tool, before the tool ends', async () => {
    const [event, ...others] = await eventsOf({ dataAccess: ['database_query'] }, { name: 'database_query' });
    expect(others).toEqual([]);
    const events = (await application?.events()) ?? [];
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START helper',
      '    TOOL_CALL_START database_query',
      '    DATA_ACCESS',
      '    TOOL_CALL_END',
      '  AGENT_END helper',
      'SESSION_END',
    ]);
    const end = events.find(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_END');
    expect(event).toEqual({
      ...SEAL,
      event_id: ANY_ID,
      type: 'EVENT_TYPE_DATA_ACCESS',
      timestamp: ANY_TIME,
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_SYSTEM',
      session_id: end?.session_id,
      trace_id: end?.trace_id,
      span_id: end?.span_id,
      parent_span_id: end?.parent_span_id,
      agent_id: 'helper',
      agent_name: 'helper',
      data_access: { datasource: 'database_query' },
      metadata: { tool: 'database_query', tool_pattern: 'database_query' },
    });
    expect(event?.timestamp).toBe(end?.timestamp);
  });

  it.each<[what: string, toolEvents: ToolEventPatterns, result: string | undefined, expected: object[]]>([
    [
      'STATE_UPDATE',
      { stateUpdate: [/^up/] },
      undefined,
      [
        {
          type: 'EVENT_TYPE_STATE_UPDATE',
          severity: 'SEVERITY_INFO',
          state_update: { tool: 'update_cart', tool_call_id: 'call-1' },
          metadata: { tool: 'update_cart', tool_pattern: '/^up/' },
        },
      ],
    ],
    [
      'SYSTEM',
      { system: ['*_cart'] },
      undefined,
      [
        {
          type: 'EVENT_TYPE_SYSTEM',
          severity: 'SEVERITY_INFO',
          metadata: { message: 'tool update_cart was called', tool: 'update_cart', tool_pattern: '*_cart' },
        },
      ],
    ],
    [
      'one event per matching target, by its first matching pattern',
      {
        stateUpdate: ['create_*', 'update_*', 'update_cart'],
        dataAccess: ['*'],
        policyDecision: ['approve_*'],
      },
      undefined,
      [
        {
          type: 'EVENT_TYPE_DATA_ACCESS',
          severity: 'SEVERITY_INFO',
          data_access: { datasource: 'update_cart' },
          metadata: { tool: 'update_cart', tool_pattern: '*' },
        },
        {
          type: 'EVENT_TYPE_STATE_UPDATE',
          severity: 'SEVERITY_INFO',
          state_update: { tool: 'update_cart', tool_call_id: 'call-1' },
          metadata: { tool: 'update_cart', tool_pattern: 'update_*' },
        },
      ],
    ],
    ['nothing where none does', { dataAccess: ['cart', 'Update_cart'], system: [] }, undefined, []],
  ])('makes %s', async (_what, toolEvents, result, expected) => {
    const events = await eventsOf(toolEvents, {
      name: 'update_cart',
      ...(result !== undefined && { result }),
    });
    expect(events.map(said)).toEqual(expected);
  });

  it.each([
    ['allow', 'allow', 'SEVERITY_INFO', 'outcome of the tool'],
    ['{"outcome":"deny","limit":100}', 'deny', 'SEVERITY_WARN', 'outcome of the tool'],
    ['"review"', 'review', 'SEVERITY_INFO', 'outcome of the tool'],
    ['yes, go ahead', 'review', 'SEVERITY_INFO', 'the tool gave no outcome'],
    ['{"outcome":true}', 'review', 'SEVERITY_INFO', 'the tool gave no outcome'],
  ])('makes POLICY_DECISION of the result %j: %s', async (result, outcome, severity, rationale) => {
    for (const given of [{ result }, { signalled: result }]) {
      const events = await eventsOf({ policyDecision: ['check_limit'] }, { name: 'check_limit', ...given });
      expect(events.map(said)).toEqual([
        {
          type: 'EVENT_TYPE_POLICY_DECISION',
          severity,
          policy: { policy_id: 'check_limit', outcome, rationale },
          metadata: { tool: 'check_limit', tool_pattern: 'check_limit' },
        },
      ]);
      await application?.stop();
    }
  });

  it('emits it for a call of an MCP client, too, and once if a tool made that call', async () => {
    application = await startTracedApplication({ toolEvents: { dataAccess: ['find'] } });
    const tracer = trace.getTracer('application');
    const attributes = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'find' };
    tracer.startActiveSpan('invoke_agent helper', { attributes: AGENT }, (agent) => {
      tracer.startSpan('tools/call find', { attributes }).end();
      tracer.startActiveSpan('execute_tool find', { attributes: toolCall('find') }, (tool) => {
        tracer.startSpan('tools/call find', { attributes }).end();
        tool.end();
      });
      agent.end();
    });
    expect(eventLines(await application.events())).toEqual([
      'SESSION_START',
      '  AGENT_START helper',
      '    MCP_CALL_START tools/call',
      '    DATA_ACCESS',
      '    MCP_CALL_END tools/call',
      '    TOOL_CALL_START find',
      '      MCP_CALL_START tools/call',
      '      MCP_CALL_END tools/call',
      '    DATA_ACCESS',
      '    TOOL_CALL_END',
      '  AGENT_END helper',
      'SESSION_END',
    ]);
  });

  it('emits none if the call failed, if the tool records the fact itself, or without the option', async () => {
    const toolEvents = { dataAccess: ['find'], system: ['find'] };
    const failed = await eventsOf(toolEvents, { name: 'find', fails: true });
    expect(failed.map(({ type }) => type)).toEqual(['EVENT_TYPE_ERROR']);
    await application?.stop();

    const within = () => recordDataAccess({ datasource: 'vector://products' });
    const recorded = await eventsOf(toolEvents, { name: 'find', within });
    expect(recorded.map(({ type, data_access }) => [type, data_access?.datasource])).toEqual([
      ['EVENT_TYPE_DATA_ACCESS', 'vector://products'],
      ['EVENT_TYPE_SYSTEM', undefined],
    ]);
    await application?.stop();

    expect(await eventsOf(undefined, { name: 'find' })).toEqual([]);
  });
});

describe('A pattern', () => {
  it.each<[pattern: string | RegExp, matching: string[], others: string[]]>([
    ['database_query', ['database_query'], ['database_query_2', 'my_database_query', 'DATABASE_QUERY', '']],
    ['db_*', ['db_', 'db_x', 'db_*'], ['db', 'mydb_x']],
    ['*_db', ['_db', 'x_db'], ['x_db_']],
    ['a*b*c', ['abc', 'a1b2c', 'abbc', 'abcbc'], ['ab', 'ac', 'acb', 'abcd', 'xabc']],
    ['a*a', ['aa', 'aba'], ['a']],
    ['*', ['', 'anything'], []],
    ['a.c', ['a.c'], ['abc']],
    [/query/, ['query', 'db_query_2'], ['Query', '']],
    [/^(create|update)_/i, ['create_x', 'Update_'], ['x_create_']],
  ])('%s takes what it says', (pattern, matching, others) => {
    expect(matching.filter((name) => !matches(pattern, name))).toEqual([]);
    expect(others.filter((name) => matches(pattern, name))).toEqual([]);
  });

  it('has no state, even if its RegExp has', () => {
    const pattern = /a/g;
    expect([matches(pattern, 'xa'), matches(pattern, 'xa'), pattern.lastIndex]).toEqual([true, true, 0]);
  });

  it('takes time proportional to the name, whatever the name is', () => {
    expect(matches('*a'.repeat(30), `${'a'.repeat(20_000)}b`)).toBe(false);
  });
});

describe('The option', () => {
  const ACCEPTED = "it must be an array of tool names ('database_query', 'db_*') and regular expressions";

  it.each<[toolEvents: unknown, problem: string]>([
    [
      ['database_query'],
      `option "toolEvents" is ['database_query']; it must be an object of patterns by event type ` +
        `(dataAccess, policyDecision, stateUpdate, system), e.g. { dataAccess: ['database_query'] }`,
    ],
    [
      /database/,
      `option "toolEvents" is /database/; it must be an object of patterns by event type ` +
        `(dataAccess, policyDecision, stateUpdate, system), e.g. { dataAccess: ['database_query'] }`,
    ],
    [{ dataAccess: 'database_query' }, `option "toolEvents.dataAccess" is 'database_query'; ${ACCEPTED}`],
    [{ stateUpdate: ['a', ''] }, `option "toolEvents.stateUpdate" is ['a', '']; ${ACCEPTED}`],
    [{ system: [5, /a/] }, `option "toolEvents.system" is [5, /a/]; ${ACCEPTED}`],
    [
      { data_access: [], policyDecision: null },
      'unknown option "toolEvents.data_access"; known options: dataAccess, policyDecision, stateUpdate, system; ' +
        `option "toolEvents.policyDecision" is null; ${ACCEPTED}`,
    ],
  ])('is refused as %j', (toolEvents, problem) => {
    expect(
      () => new ChaukasSpanProcessor({ sinks: [new MemorySink()], toolEvents: toolEvents as never }),
    ).toThrow(new TypeError(`opentelemetry-instrumentation-openai-agents: ChaukasSpanProcessor: ${problem}`));
  });
});
