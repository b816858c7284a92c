import type { ChaukasEvent } from '../../../src/chaukas/event.js';

export const SAMPLE: ChaukasEvent = {
  event_id: '019ab000-0000-7000-8000-000000000001',
  type: 'EVENT_TYPE_TOOL_CALL_END',
  timestamp: '2026-11-21T18:00:00.123456Z',
  status: 'EVENT_STATUS_COMPLETED',
  severity: 'SEVERITY_INFO',
  author: 'AUTHOR_TOOL',
  session_id: 'session-1',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  span_id: 'b7ad6b7169203331',
  hash_prev: '',
  is_final: false,
  tags: ['a', 'b'],
  tool_response: {
    tool_call_id: 'call_1',
    output: { output: ['12345678901234567890', null, '\n'] },
    execution_time_ms: 0,
    http_status: 200,
  },
};
