/** The consumer's side of a topic. */
import { Consumer } from '@platformatic/kafka';
import { type CloudEventShape, fromCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { fromKafkaMessage } from '../../src/cloudevents/kafka-binding.js';
import type { ChaukasEvent } from '../../src/index.js';

/** A message of a topic. */
export interface TopicMessage {
  readonly key: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly cloudEvent: CloudEventShape;
  readonly event: ChaukasEvent;
}

let groups = 0;

/** Reads a topic from its beginning until it has this many different events, or until nothing more comes for a while. */
export async function readTopic(bootstrap: string, topic: string, distinct: number): Promise<TopicMessage[]> {
  groups += 1;
  const consumer = new Consumer({
    clientId: 'reader',
    groupId: `reader-${process.pid}-${groups}`,
    bootstrapBrokers: [bootstrap],
  });
  const messages: TopicMessage[] = [];
  const seen = new Set<string>();
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    const end = setTimeout(() => void stream.close(), 20_000);
    for await (const { key, value, headers, partition, offset } of stream) {
      const cloudEvent = fromKafkaMessage({ headers, value });
      const event = fromCloudEvent(cloudEvent);
      messages.push({ key: String(key), partition, offset, cloudEvent, event });
      seen.add(event.event_id ?? '');
      if (seen.size >= distinct) break;
    }
    clearTimeout(end);
    await stream.close();
  } finally {
    await consumer.close(true);
  }
  return messages;
}
