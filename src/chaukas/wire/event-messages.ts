import type { DescMessage } from '@bufbuild/protobuf';
import {
  IngestEventBatchRequestSchema,
  IngestEventRequestSchema,
} from '../generated/chaukas/spec/client/v1/client_pb.js';
import {
  EventBatchSchema,
  EventSchema,
  file_chaukas_spec_common_v1_event,
} from '../generated/chaukas/spec/common/v1/event_pb.js';
import { anyCodec } from './any-codec.js';
import { type MessageCodec, messageCodec } from './message-codec.js';
import { STRUCT_CODEC } from './struct-codec.js';
import { TIMESTAMP_CODEC } from './timestamp-codec.js';
import type { ValueCodec } from './value-codec.js';

const WELL_KNOWN: Readonly<Record<string, ValueCodec>> = {
  'google.protobuf.Struct': STRUCT_CODEC,
  'google.protobuf.Timestamp': TIMESTAMP_CODEC,
  // An Any may hold any message of the specification, even an event.
  'google.protobuf.Any': anyCodec((typeName) => {
    const desc = file_chaukas_spec_common_v1_event.messages.find((message) => message.typeName === typeName);
    return desc && codecOf(desc);
  }),
};

const codecs = new Map<DescMessage, MessageCodec>();

function codecOf(desc: DescMessage): MessageCodec {
  let codec = codecs.get(desc);
  if (codec === undefined) {
    codec = messageCodec(desc, (inner) => WELL_KNOWN[inner.typeName] ?? codecOf(inner));
    codecs.set(desc, codec);
  }
  return codec;
}

export const EVENT = codecOf(EventSchema);
export const EVENT_BATCH = codecOf(EventBatchSchema);
export const EVENT_REQUEST = codecOf(IngestEventRequestSchema);
export const EVENT_BATCH_REQUEST = codecOf(IngestEventBatchRequestSchema);
