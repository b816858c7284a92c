/** Audit events from a Kafka topic, in batches; the offsets of a batch are committed when it has been dealt with. */
import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';

/** Where the events come from, in the variables that `start.ts` sets. */
export const source = {
  brokers: (process.env.KAFKA_BOOTSTRAP ?? '127.0.0.1:9092').split(','),
  topic: process.env.EVENTS_TOPIC ?? 'agent-events',
};

/** Events that have been received together. */
export interface ReceivedBatch {
  /** The events as they were hashed; none if nothing has come for a while. */
  readonly lines: readonly string[];
  /** The time (milliseconds since the epoch) up to which everything in the topic has been received, in all partitions. */
  readonly completeUntil: number;
}

const BATCH_SIZE = 2_000;
const BATCH_AGE_MS = 500;

/**
 * Passes the events of the topic on until `start.ts` sends the message `finish`, and then up to the topic's end. The topic
 * holds CloudEvents in binary mode, so the value of a message is the event's line.
 *
 * @param deal - deals with a batch. If it rejects, the offsets are not committed, and the next start gets the events again.
 */
export async function receiveEvents(
  groupId: string,
  deal: (batch: ReceivedBatch) => Promise<void>,
): Promise<void> {
  const { brokers, topic } = source;
  const consumer = new Consumer({ groupId, clientId: groupId, bootstrapBrokers: brokers });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: MessagesStreamFallbackModes.EARLIEST,
    autocommit: false,
    maxWaitTime: 100,
  });
  /** The next offset of each partition. */
  const positions = await committedOffsets();
  let lines: string[] = [];
  let completeUntil = 0;
  let isFinishing = false;
  let dealing = Promise.resolve();

  /** One batch at a time, in the order in which they came. */
  const dealWithBatch = () => {
    dealing = dealing.then(async () => {
      const batch = { lines, completeUntil };
      const offsets = positions.map((offset, partition) => ({ topic, partition, offset, leaderEpoch: -1 }));
      lines = [];
      await deal(batch);
      if (batch.lines.length > 0) await consumer.commit({ offsets });
    });
    return dealing;
  };
  const tick = async () => {
    const before = Date.now();
    const wasFinishing = isFinishing;
    const reachedEnd = (await endOffsets()).every((end, partition) => (positions[partition] ?? 0n) >= end);
    if (reachedEnd) completeUntil = before;
    await dealWithBatch();
    if (wasFinishing && reachedEnd) await stream.close();
  };
  const timer = setInterval(() => {
    void tick().catch((error) => stream.destroy(error));
  }, BATCH_AGE_MS);
  process.on('message', (message) => {
    isFinishing ||= message === 'finish';
  });
  process.send?.('ready');

  for await (const { partition, offset, value } of stream) {
    positions[partition] = offset + 1n;
    lines.push(value.toString());
    if (lines.length >= BATCH_SIZE) await dealWithBatch();
  }
  clearInterval(timer);
  await dealing;
  await consumer.close();
  process.disconnect?.();

  async function endOffsets(): Promise<readonly bigint[]> {
    return (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
  }

  async function committedOffsets(): Promise<bigint[]> {
    const partitions = (await endOffsets()).map((_, partition) => partition);
    const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
    return (committed.get(topic) ?? []).map((offset) => (offset < 0n ? 0n : offset));
  }
}
