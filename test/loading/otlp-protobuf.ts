import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Reads the value of a field; the reader stands before it. */
type FieldReader = (reader: BinaryReader) => unknown;

const hex: FieldReader = (reader) => Buffer.from(reader.bytes()).toString('hex');
const text: FieldReader = (reader) => reader.string();
const bigint: FieldReader = (reader) => String(reader.fixed64());
const number: FieldReader = (reader) => reader.int32();

/** The fields that the tests read, by their numbers in opentelemetry-proto 1.7. */
const SCOPE = { 1: ['name', text] } as const;
const SPAN = {
  1: ['traceId', hex],
  2: ['spanId', hex],
  4: ['parentSpanId', hex],
  5: ['name', text],
  6: ['kind', number],
  7: ['startTimeUnixNano', bigint],
} as const;
const SCOPE_SPANS = { 1: ['scope', message(SCOPE)], 2: ['spans', message(SPAN), 'repeated'] } as const;
const RESOURCE_SPANS = { 2: ['scopeSpans', message(SCOPE_SPANS), 'repeated'] } as const;
const REQUEST = { 1: ['resourceSpans', message(RESOURCE_SPANS), 'repeated'] } as const;

type Fields = Readonly<Record<number, readonly [name: string, read: FieldReader, repeated?: 'repeated']>>;

/** Reads an ExportTraceServiceRequest as an object like that of OTLP's JSON form. */
export function decodeTraceRequest(bytes: Uint8Array): unknown {
  return readMessage(new BinaryReader(bytes), bytes.length, REQUEST);
}

function message(fields: Fields): FieldReader {
  return (reader) => readMessage(reader, reader.uint32(), fields);
}

function readMessage(reader: BinaryReader, length: number, fields: Fields): object {
  const end = reader.pos + length;
  const found: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [fieldNumber, wireType] = reader.tag();
    const field = fields[fieldNumber];
    if (field === undefined) {
      reader.skip(wireType, fieldNumber);
      continue;
    }
    const [name, read, repeated] = field;
    const value = read(reader);
    if (repeated === undefined) found[name] = value;
    else found[name] = [...((found[name] as unknown[] | undefined) ?? []), value];
  }
  return found;
}
