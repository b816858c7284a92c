/** Two sinks of one name, such as two `OtlpLogSink`s, have counts and spools of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ChaukasSpanProcessor, MemorySink } from '../../src/index.js';

/** A sink whose destination can be down. */
class RemoteSink extends MemorySink {
  isUp = true;

  override async send(...batch: Parameters<MemorySink['send']>): Promise<void> {
    if (!this.isUp) throw new Error('down');
    await super.send(...batch);
  }
}

it('delivers what one sink had left to the same sink of the next process', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sinks-of-one-name-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const start = (sinks: readonly RemoteSink[]) => {
    const processor = new ChaukasSpanProcessor({ sinks, spool: { directory }, systemEvents: false });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const call = () =>
      provider
        .getTracer('application')
        .startSpan('chat m', { attributes: { 'gen_ai.operation.name': 'chat' } })
        .end();
    return { processor, call };
  };

  const up = new RemoteSink();
  const down = new RemoteSink();
  down.isUp = false;
  const first = start([up, down]);
  first.call();
  await first.processor.shutdown();
  expect(first.processor.stats().sinks.map(({ name }) => name)).toEqual(['memory', 'memory (2)']);
  expect(down.events).toEqual([]);

  const next = [new RemoteSink(), new RemoteSink()] as const;
  const second = start(next);
  const ids = up.events.map(({ event_id }) => event_id);
  await vi.waitFor(() => expect(next[1].events.map(({ event_id }) => event_id)).toEqual(ids), 10_000);
  await second.processor.shutdown();
  expect(next[0].events.filter(({ event_id }) => ids.includes(event_id))).toEqual([]);
});
