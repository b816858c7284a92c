import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { expect, test } from 'vitest';
import { makeLoggerProvider } from './logger-provider.js';

test('Log records are kept as plain data until they are reset', async () => {
  const logs = makeLoggerProvider();
  const logger = logs.provider.getLogger('test');
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  };

  logger.emit({
    eventName: 'call.failed',
    severityNumber: SeverityNumber.WARN,
    attributes: { messages: [{ role: 'user', parts: ['a', 1] }] },
    body: { reason: 'timeout' },
    context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
  });
  logger.emit({ eventName: 'bare', context: ROOT_CONTEXT });
  expect(logs.records()).toStrictEqual([
    {
      eventName: 'call.failed',
      severityNumber: 13,
      attributes: { messages: [{ role: 'user', parts: ['a', 1] }] },
      body: { reason: 'timeout' },
      spanContext,
    },
    {
      eventName: 'bare',
      severityNumber: undefined,
      attributes: {},
      body: undefined,
      spanContext: undefined,
    },
  ]);

  logs.reset();
  expect(logs.records()).toEqual([]);
  await logs.provider.shutdown();
});
