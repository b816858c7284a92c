import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ChaukasSpanProcessor, type ChaukasSpanProcessorConfig, FileSink } from '../../../src/index.js';

export type SampleOptions = Omit<ChaukasSpanProcessorConfig, 'sinks'>;

/** An activity of an instrumented application, which makes spans with its tracer. */
export type Activity = (tracer: ReturnType<NodeTracerProvider['getTracer']>) => void;

const MODEL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' };
const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'orders' };
const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk' };

/** An agent with a model call and a tool, in a session with the given id. */
export function agentRun(sessionId: string): Activity {
  return (tracer) => {
    tracer.startActiveSpan('invoke_agent', { attributes: { ...AGENT, 'session.id': sessionId } }, (agent) => {
      tracer.startSpan('chat', { attributes: MODEL }).end();
      tracer.startSpan('execute_tool', { attributes: TOOL }).end();
      agent.end();
    });
  };
}

/** The lines of a file to which one process after the other appends, each with its activities. */
export async function linesOf(
  processes: readonly (readonly Activity[])[],
  options: SampleOptions = {},
): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sample-lines-'));
  const file = path.join(folder, 'events.jsonl');
  try {
    for (const activities of processes) {
      const processor = new ChaukasSpanProcessor({
        systemEvents: false,
        ...options,
        sinks: [new FileSink({ path: file })],
      });
      const provider = new NodeTracerProvider({ spanProcessors: [processor] });
      provider.register();
      for (const activity of activities) {
        activity(provider.getTracer('application'));
        await new Promise(setImmediate);
      }
      await provider.shutdown();
    }
    return fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
