/** The entry `./cloudevents`: CloudEvents on their own, for programs that use nothing else of this package. */

export type { CloudEventAttributeValue } from '../cloudevents/attribute-rules.js';
export {
  type AuditCloudEvent,
  CloudEventFormatError,
  type CloudEventOptions,
  type CloudEventShape,
  fromCloudEvent,
  toCloudEvent,
} from '../cloudevents/cloud-event.js';
export {
  type CloudEventHttpMessage,
  fromHttpMessage,
  type HttpContentMode,
  type ReceivedHeaders,
  toHttpBatch,
  toHttpMessage,
} from '../cloudevents/http-binding.js';
export type { CloudEventText } from '../cloudevents/json-format.js';
export {
  type CloudEventKafkaMessage,
  fromKafkaMessage,
  type KafkaContentMode,
  type KafkaMessageOptions,
  type ReceivedKafkaMessage,
  toKafkaMessage,
} from '../cloudevents/kafka-binding.js';
export { OSSA_EVENT_TYPES, type OssaEventType } from '../cloudevents/ossa-types.js';
export type { DeadLetterOptions } from '../delivery/dead-letter-file.js';
export type { SinkStats } from '../delivery/delivery-destination.js';
export type { SpoolOptions } from '../delivery/spool/spool-options.js';
export type { CloudEventSink } from '../sinks/cloud-event-sink.js';
export { DeliveryError, type DeliveryErrorOptions, type DeliveryOutcome } from '../sinks/delivery-error.js';
export type { DeliveryOptions, DeliveryRetryOptions } from '../sinks/delivery-options.js';
export type { SendOptions } from '../sinks/event-sink.js';
export type { SinkFetch, SinkRequest, SinkResponse } from '../sinks/http/http-poster.js';
export type { WebhookSigning } from '../sinks/http/webhook-signature.js';
export { HttpSink, type HttpSinkOptions } from '../sinks/http-sink.js';
export type { KafkaCompression, KafkaProducer, KafkaRecord, KafkaSasl } from '../sinks/kafka/producer.js';
export { KafkaSink, type KafkaSinkOptions } from '../sinks/kafka-sink.js';
export { MemorySink } from '../sinks/memory-sink.js';
export { StdoutSink, type StdoutSinkOptions } from '../sinks/stdout-sink.js';
export {
  CloudEventsEmitter,
  type CloudEventsEmitterOptions,
  type EmittedCloudEvent,
} from './cloud-events-emitter.js';
export {
  BinaryFormatter,
  type BinaryMessage,
  JsonFormatter,
  type JsonFormatterOptions,
} from './formatters.js';
export type { CloudEventAttributes } from './new-cloud-event.js';
export type { OssaEventData } from './ossa-data.js';
