/** The consumer's side of a topic. */
import { Consumer } from '@platformatic/kafka';
import { type CloudEventShape, fromCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { fromKafkaMessage } from '../../src/cloudevents/kafka-binding.js';
import type { ChaukasEvent } from '../../src/index.js';

/** A message of a topic with a CloudEvent. */
export interface CloudEventMessage {
  readonly key: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  readonly cloudEvent: CloudEventShape;
}

/** A message of a topic with an audit event. */
export interface TopicMessage extends CloudEventMessage {
  readonly event: ChaukasEvent;
}

let groups = 0;

/** Reads a topic from its beginning until it has this many different events, or until nothing more comes for a while. */
export async function readTopic(bootstrap: string, topic: string, distinct: number): Promise<TopicMessage[]> {
  const messages = await readCloudEvents(bootstrap, topic, distinct);
  return messages.map((message) => ({ ...message, event: fromCloudEvent(message.cloudEvent) }));
}

/** Does the same for any CloudEvents. */
export async function readCloudEvents(
  bootstrap: string,
  topic: string,
  distinct: number,
): Promise<CloudEventMessage[]> {
  groups += 1;
  const consumer = new Consumer({
    clientId: 'reader',
    groupId: `reader-${process.pid}-${groups}`,
    bootstrapBrokers: [bootstrap],
  });
  const messages: CloudEventMessage[] = [];
  const seen = new Set<string>();
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    const end = setTimeout(() => void stream.close(), 20_000);
    for await (const { key, value, headers, partition, offset } of stream) {
      const cloudEvent = fromKafkaMessage({ headers, value });
      const texts = Array.from(headers, ([name, text]) => [String(name), String(text)]);
      messages.push({
        ...{ key: String(key), partition, offset, value, cloudEvent },
        headers: Object.fromEntries(texts),
      });
      seen.add(cloudEvent.id);
      if (seen.size >= distinct) break;
    }
    clearTimeout(end);
    await stream.close();
  } finally {
    await consumer.close(true);
  }
  return messages;
}
