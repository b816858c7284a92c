/** The program of the thread of option `thread`: the pipeline of the application's thread, driven by its messages. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { Guard } from '../../diagnostics/guard.js';
import { asFunction, asRecord } from '../../json/readers.js';
import type { EventSink, SinkInThread } from '../../sinks/event-sink.js';
import { PACKAGE_NAME } from '../../version.js';
import { LocalPipeline } from './local-pipeline.js';
import {
  SHARED,
  type ThreadAnswers,
  type ThreadOrder,
  type ThreadReport,
  type ThreadStart,
  type ThreadStep,
} from './thread-messages.js';
import { loggerOf, StateReports, textOf } from './thread-reports.js';

type Sinks = Readonly<Record<string, unknown>>;

const OWN_SINKS: Readonly<Record<string, () => Promise<Sinks>>> = {
  ChaukasApiSink: () => import('../../sinks/chaukas-api-sink.js'),
  FileSink: () => import('../../sinks/file-sink.js'),
  HttpSink: () => import('../../sinks/http-sink.js'),
  KafkaSink: () => import('../../sinks/kafka-sink.js'),
  OtlpLogSink: () => import('../../sinks/otlp-log-sink.js'),
};

async function makeSink({ module, exportName, options }: Omit<SinkInThread, 'handOver'>): Promise<EventSink> {
  const own = module === PACKAGE_NAME ? OWN_SINKS[exportName] : undefined;
  const exports = own === undefined ? asRecord(await import(module)) : await own();
  // A CommonJS module may have its exports on the default one only.
  const Sink = asFunction(exports?.[exportName]) ?? asFunction(asRecord(exports?.default)?.[exportName]);
  if (Sink === undefined) throw new TypeError(`${module} has no class "${exportName}" among its exports`);
  return Reflect.construct(Sink, [options]) as EventSink;
}

const { port, shared, config, sinks, program } = workerData as ThreadStart;
const memory = new Int32Array(shared);
const post = (report: ThreadReport) => port.postMessage(report);
const reports = new StateReports(post);
const guard = new Guard(loggerOf(post, true));

process.on('exit', () => {
  // The queues have written out what they could.
  reports.flush();
  Atomics.store(memory, SHARED.ended, 1);
});
if (program !== undefined) process.argv[1] = program;
diag.setLogger(loggerOf(post, false), { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
const pipeline = await start();
serve(port, pipeline);

async function start(): Promise<LocalPipeline> {
  const pipeline = new LocalPipeline(
    { ...config, sinks: await Promise.all(sinks.map(makeSink)) },
    {
      guard,
      unmade: { waiting: () => 0, pass: () => {} },
      onError: (message, error) => post({ type: 'error', message, error: textOf(error) }),
      onDropped: (report) => post({ type: 'dropped', report }),
      onCheckpoint: (metadata) => post({ type: 'checkpoint', metadata }),
      onSealed: () => {
        Atomics.add(memory, SHARED.done, 1);
        reports.schedule();
      },
      placesFor: (generatedKey) => ({
        publish: (note, details) => post({ type: 'published', note, details, generatedKey }),
        settled: async () => {},
      }),
      recorderFor: (sink, gauges) => reports.recorderFor(sink, gauges),
    },
  );
  reports.state = () => ({ ...pipeline.stats, faults: guard.faults });
  return pipeline;
}

/**
 * Follows the orders. The port keeps the thread alive only while nothing else does, and says so: the application's process
 * waits for a sending for which it would wait without the thread.
 */
function serve(orders: MessagePort, pipeline: LocalPipeline): void {
  let count = 0;
  orders.on('message', (order: ThreadOrder) => {
    count += 1;
    orders.unref();
    follow(pipeline, order);
  });
  process.on('beforeExit', () => {
    reports.flush();
    post({ type: 'idle', orders: count });
    orders.ref();
  });
}

function follow(pipeline: LocalPipeline, order: ThreadOrder): void {
  switch (order.type) {
    case 'events': {
      reports.received += order.events.length;
      const own = new Set(order.own);
      for (const [index, event] of order.events.entries()) {
        if (own.has(index)) pipeline.addOwn(event);
        else pipeline.add(event);
      }
      break;
    }
    case 'acceptAll':
      pipeline.acceptAll();
      break;
    case 'call':
      pipeline.callSink(order.sink, order.method);
      break;
    case 'step':
      takeStep(pipeline, order);
      break;
  }
}

function takeStep(pipeline: LocalPipeline, { id, step, timeoutMillis, closed = false }: Step): void {
  const answer = (result: ThreadAnswers[ThreadStep]) => {
    reports.flush();
    post({ type: 'answer', id, answer: result });
  };
  const answerNow = (result: ThreadAnswers[ThreadStep]) => {
    answer(result);
    Atomics.add(memory, SHARED.answered, 1);
  };
  switch (step) {
    case 'flush':
      void pipeline.forceFlush(timeoutMillis).then(() => answer(undefined));
      break;
    case 'sign':
      void pipeline.sign().then(answer);
      break;
    case 'deliver':
      void pipeline.deliver(closed).then(answer);
      break;
    case 'end':
      void pipeline.end().then(() => answer(undefined));
      break;
    case 'shutdown':
      void pipeline.shutdown().then(() => answer(undefined));
      break;
    case 'signNow':
      answerNow(guard.run(ENDING, () => pipeline.signNow()) ?? false);
      break;
    case 'deliverNow':
      answerNow(guard.run(ENDING, () => pipeline.deliverNow(closed)));
      break;
    case 'endNow':
      guard.run(ENDING, () => {
        pipeline.endNow();
        pipeline.writeOut();
      });
      answerNow(undefined);
      break;
  }
}

const ENDING = 'Ending the event stream';

type Step = Extract<ThreadOrder, { type: 'step' }>;
