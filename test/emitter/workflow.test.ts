import { CloudEvent } from 'cloudevents';
import {
  type CloudEventShape,
  type CloudEventSink,
  CloudEventsEmitter,
} from 'opentelemetry-instrumentation-openai-agents/cloudevents';
import { expect, test } from 'vitest';
import { emitWorkflow } from '../../examples/cloudevents/workflow.js';

/** A sink that keeps its batches apart. */
class BatchesSink implements CloudEventSink {
  readonly name = 'batches';
  readonly batches: (readonly CloudEventShape[])[] = [];
  async sendCloudEvents(events: readonly CloudEventShape[]): Promise<void> {
    this.batches.push(events);
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

test('A workflow of an agent is six CloudEvents in batches of five', async () => {
  const sink = new BatchesSink();
  const before = Date.now();
  {
    await using emitter = new CloudEventsEmitter({ source: 'ossa/workflow-agent', sink, batchSize: 5 });
    emitWorkflow(emitter);
    expect(sink.batches).toEqual([]);
  }
  const after = Date.now();

  expect(sink.batches.map((batch) => batch.length)).toEqual([5, 1]);
  const events = sink.batches.flat();
  const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const utc = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const common = {
    specversion: '1.0',
    id: uuid,
    source: 'ossa/workflow-agent',
    subject: 'workflow-agent',
    time: utc,
    datacontenttype: 'application/json',
    partitionkey: 'workflow-session-456',
    ossaagentid: 'workflow-agent',
    ossainteractionid: 'workflow-session-456',
    ossatraceid: 'trace-abc123',
  };
  expect(events).toStrictEqual([
    {
      ...common,
      type: 'dev.ossa.agent.started',
      data: { agent_id: 'workflow-001', task: 'data processing' },
    },
    {
      ...common,
      type: 'dev.ossa.turn.started',
      ossaspanid: 'span-001',
      data: { turn_number: 1, user_input: 'Process data' },
    },
    {
      ...common,
      type: 'dev.ossa.tool.called',
      ossaspanid: 'span-002',
      data: { tool_name: 'database_query', parameters: { query: 'SELECT * FROM orders' } },
    },
    {
      ...common,
      type: 'dev.ossa.tool.completed',
      ossaspanid: 'span-002',
      data: { tool_name: 'database_query', result: { rows: 100 }, duration_ms: 45 },
    },
    {
      ...common,
      type: 'dev.ossa.turn.completed',
      ossaspanid: 'span-001',
      data: { turn_number: 1, status: 'success', response: 'Data processed successfully' },
    },
    {
      ...common,
      type: 'dev.ossa.agent.completed',
      data: { agent_id: 'workflow-001', status: 'success', duration_ms: 250 },
    },
  ]);

  const ids = events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(6);
  expect([...ids].sort()).toEqual(ids);
  for (const { time } of events) {
    expect(Date.parse(String(time))).toBeGreaterThanOrEqual(before);
    expect(Date.parse(String(time))).toBeLessThanOrEqual(after);
  }
  // The SDK finds nothing wrong with them.
  for (const event of events) expect(new CloudEvent({ ...event }).validate()).toBe(true);
});
