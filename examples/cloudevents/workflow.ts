/** The events of one agent that answers one question with one tool. */
import {
  type CloudEventsEmitter,
  OSSA_EVENT_TYPES,
} from 'opentelemetry-instrumentation-openai-agents/cloudevents';

export function emitWorkflow(emitter: CloudEventsEmitter): void {
  const agent = {
    ossaagentid: 'workflow-agent',
    ossainteractionid: 'workflow-session-456',
    ossatraceid: 'trace-abc123',
    subject: 'workflow-agent',
    partitionkey: 'workflow-session-456',
  };
  const turn = { ...agent, ossaspanid: 'span-001' };
  const tool = { ...agent, ossaspanid: 'span-002' };

  emitter.emit(OSSA_EVENT_TYPES.AGENT_STARTED, { agent_id: 'workflow-001', task: 'data processing' }, agent);
  emitter.emit(OSSA_EVENT_TYPES.TURN_STARTED, { turn_number: 1, user_input: 'Process data' }, turn);
  emitter.emit(
    OSSA_EVENT_TYPES.TOOL_CALLED,
    { tool_name: 'database_query', parameters: { query: 'SELECT * FROM orders' } },
    tool,
  );
  emitter.emit(
    OSSA_EVENT_TYPES.TOOL_COMPLETED,
    { tool_name: 'database_query', result: { rows: 100 }, duration_ms: 45 },
    tool,
  );
  emitter.emit(
    OSSA_EVENT_TYPES.TURN_COMPLETED,
    { turn_number: 1, status: 'success', response: 'Data processed successfully' },
    turn,
  );
  emitter.emit(
    OSSA_EVENT_TYPES.AGENT_COMPLETED,
    { agent_id: 'workflow-001', status: 'success', duration_ms: 250 },
    agent,
  );
}
