/** A processor under load whose surroundings fail. Measures what arrives. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { type ChaukasSpanProcessorConfig, type EventSink, HttpSink } from '../../../src/index.js';
import { EventReceiver } from './event-receiver.js';
import type { FaultRow } from './fault-table.js';
import { FAST_RETRY, Workload } from './workload.js';

export interface FaultSituation {
  readonly receiver: EventReceiver;
  readonly load: Workload;
}

export interface FaultPlan {
  readonly fault: string;
  /** Options of the processor, such as `spool` and `maxQueueSize`. */
  readonly config?: Omit<ChaukasSpanProcessorConfig, 'sinks'>;
  /** The sink, if it is not an HttpSink that posts to the receiver. It must come to the receiver in the end. */
  readonly sink?: (receiver: EventReceiver) => EventSink;
  /** Whether the fault is there from the start. */
  readonly isFromStart?: boolean;
  /** Makes the fault happen under load, and ends it. */
  readonly happen: (situation: FaultSituation) => Promise<void>;
  /** Brings what has arrived elsewhere to the receiver: this many different events. */
  readonly collect?: (receiver: EventReceiver, events: number) => Promise<void>;
  /** Longest time until everything has arrived. */
  readonly recoveryMillis?: number;
}

const RECOVERY_MS = 30_000;

/**
 * Lets a fault happen, waits until everything has arrived that will, and returns the row of the table. Makes sure that the
 * processor has counted exactly what is missing, and that `verify` finds nothing else.
 */
export async function runFault(plan: FaultPlan): Promise<FaultRow> {
  const receiver = new EventReceiver();
  await receiver.start();
  onTestFinished(() => receiver.stop());
  const sink = plan.sink?.(receiver) ?? new HttpSink({ url: receiver.url, delivery: FAST_RETRY });
  const load = new Workload({ ...plan.config, sinks: [sink] });
  // Everything works at first, unless the plan says otherwise.
  await load.run(1_000, 0.3);
  if (!plan.isFromStart) await expect.poll(() => load.waiting, { timeout: 30_000 }).toBe(0);
  await plan.happen({ receiver, load });
  const mended = performance.now();
  const deadline = mended + (plan.recoveryMillis ?? RECOVERY_MS);
  while (load.waiting > 0 && performance.now() < deadline) await pause(5);
  const recoveryMillis = performance.now() - mended;
  await load.stop();
  const { made: sent, dropped } = load;
  await plan.collect?.(receiver, sent - dropped);
  const { received, doubled } = receiver;
  expect(sent - received, 'events that are missing, and events that were counted as dropped').toBe(dropped);
  await expectNothingElse(receiver, dropped);
  const spool = plan.config?.spool === undefined ? 'none' : (plan.config.spool.whenFull ?? 'refuse-new');
  return { fault: plan.fault, spool, sent, received, lost: dropped, doubled, recoveryMillis };
}

/** Makes sure that `verify` sees a whole stream, or the number of events that were dropped. */
async function expectNothingElse(receiver: EventReceiver, dropped: number): Promise<void> {
  const { findings } = await verifyEvents([...receiver.lines.values()], {});
  const codes = new Set(findings.map(({ code }) => code));
  if (dropped === 0) expect([...codes]).toEqual([]);
  else expect([...codes]).toContain('dropped_events');
}
