import { CloudEventsEmitter, StdoutSink } from 'opentelemetry-instrumentation-openai-agents/cloudevents';
import { emitWorkflow } from './workflow.js';

await using emitter = new CloudEventsEmitter({
  source: 'ossa/workflow-agent',
  sink: new StdoutSink({ pretty: process.stdout.isTTY === true }),
  batchSize: 5,
});
emitWorkflow(emitter);
