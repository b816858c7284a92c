/** The beginning and the end of the thread of option `thread`, as the application's thread sees them. */
import type { SinkStats } from '../../delivery/delivery-destination.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import type { PipelineConfig } from './event-pipeline.js';
import type { ThreadStart, ThreadState } from './thread-messages.js';

/** The data with which the thread makes the pipeline. */
export function startOf(
  config: PipelineConfig,
  names: readonly string[],
): Pick<ThreadStart, 'config' | 'sinks'> {
  const { streamId, maxQueueSize, maxQueueBytes, spool, deadLetter, redaction, requestMessages } = config;
  // The anchors stay here.
  const { onCheckpoint: _onCheckpoint, anchor: _anchor, ...checkpoints } = config.checkpoints ?? {};
  return {
    config: {
      ...{ streamId, maxQueueSize, maxQueueBytes, names },
      ...withoutAbsent({ spool, deadLetter, redaction, requestMessages }),
      ...('key' in checkpoints && { checkpoints }),
    },
    sinks: config.sinks.flatMap(({ inThread }) => {
      if (inThread === undefined) return [];
      const { module, exportName, options } = inThread;
      return [{ module, exportName, options }];
    }),
  };
}

/** The state before the first report. */
export function stateAtStart(names: readonly string[]): ThreadState {
  return {
    sinks: names.map(emptyStats),
    unsealed: 0,
    lost: 0,
    checkpointsMade: 0,
    checkpointFailures: 0,
    faults: 0,
    received: 0,
    inFlight: names.map(() => 0),
  };
}

function emptyStats(name: string): SinkStats {
  return {
    name,
    delivered: 0,
    dropped: 0,
    waiting: 0,
    waitingBytes: 0,
    retried: 0,
    deadLettered: 0,
    spooled: 0,
    spooledBytes: 0,
    recovered: 0,
    failing: false,
  };
}

/** The counts of a sink whose thread has ended: only the spool still has events for it. */
export function withoutThread(stats: SinkStats): SinkStats {
  const { dropped, waiting, spooled, spooledBytes } = stats;
  return { ...stats, dropped: dropped + waiting - spooled, waiting: spooled, waitingBytes: spooledBytes };
}
