/** Spans whose attributes are set after they have started. */
import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { LateSpans } from '../../src/events/late-spans.js';
import type { SpanSnapshot } from '../../src/events/spans/span-snapshot.js';
import { plainSpan } from './plain-span.js';

const AGENT = { 'openinference.span.kind': 'AGENT', 'agent.name': 'helper' };
const MODEL = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-5' };

/** A span that can get attributes while it is open. */
function span(spanId: string, parentSpanId?: string, attributes: Attributes = {}): SpanSnapshot {
  const context = (id: string) => ({ traceId: 't', spanId: id, traceFlags: 1 });
  return plainSpan(
    { ...attributes },
    {
      name: spanId,
      spanContext: () => context(spanId),
      ...(parentSpanId !== undefined && { parentSpanContext: context(parentSpanId) }),
    },
  );
}

function recorded() {
  const lines: string[] = [];
  const line = (word: string, { attributes, name }: SpanSnapshot) =>
    lines.push(`${word} ${name} ${attributes['gen_ai.operation.name'] ?? '-'}`);
  const spans = new LateSpans({
    spanStarted: (started) => line('start', started),
    spanDecided: (decided) => line('decided', decided),
    spanEnded: (ended) => line('end', ended),
  });
  return { spans, lines };
}

describe('a span whose role is known only after its start', () => {
  it('is decided once, before its first child starts', () => {
    const { spans, lines } = recorded();
    const agent = span('agent');
    spans.started(agent, undefined);
    Object.assign(agent.attributes, AGENT);
    for (const id of ['first', 'second']) {
      const call = span(id, 'agent', MODEL);
      spans.started(call, undefined);
      spans.ended(call);
    }
    spans.ended(agent);
    expect(lines).toEqual([
      'start agent -',
      'decided agent invoke_agent',
      'start first chat',
      'end first chat',
      'start second chat',
      'end second chat',
      'end agent invoke_agent',
    ]);
  });

  it('is not decided while it has no role', () => {
    const { spans, lines } = recorded();
    const request = span('GET /');
    spans.started(request, undefined);
    spans.started(span('SELECT', 'GET /'), undefined);
    spans.shutdown();
    expect(lines).toEqual(['start GET / -', 'start SELECT -']);
  });

  it('is decided at shutdown, because it may never end', () => {
    const { spans, lines } = recorded();
    const call = span('call');
    spans.started(call, undefined);
    Object.assign(call.attributes, MODEL);
    spans.shutdown();
    spans.shutdown();
    expect(lines).toEqual(['start call -', 'decided call chat']);
  });

  it('is not decided after it has ended', () => {
    const { spans, lines } = recorded();
    const call = span('call');
    spans.started(call, undefined);
    Object.assign(call.attributes, MODEL);
    spans.ended(call);
    spans.started(span('late', 'call'), undefined);
    spans.shutdown();
    expect(lines).toEqual(['start call -', 'end call chat', 'start late -']);
  });

  it('is decided before newer spans displace it', () => {
    const { spans, lines } = recorded();
    const silent = span('silent');
    const call = span('call');
    spans.started(silent, undefined);
    spans.started(call, undefined);
    Object.assign(call.attributes, MODEL);
    for (let count = 0; count < 10_000; count += 1) spans.started(span(`request ${count}`), undefined);
    expect(lines.filter((line) => !line.includes('request'))).toEqual([
      'start silent -',
      'start call -',
      'decided call chat',
    ]);
    Object.assign(silent.attributes, MODEL);
    spans.shutdown();
    expect(lines.filter((line) => line.includes('silent'))).toEqual(['start silent -']);
  });
});
