/** Requests and answers of OTLP/HTTP, as bytes of protobuf and as JSON. Pure. */
import {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { isRecord } from '../../../json/readers.js';
import {
  ErrorStatusSchema,
  type LogsRequest,
  LogsRequestSchema,
  LogsResponseSchema,
  type TraceRequest,
  TraceRequestSchema,
  TraceResponseSchema,
} from './generated/otlp/v1/otlp_pb.js';
import { TelemetryProblem } from './request-body.js';

/** The two forms of a request and its answer. */
export type BodyForm = 'protobuf' | 'json';

export const CONTENT_TYPES: Readonly<Record<BodyForm, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** @throws TelemetryProblem - 415 if it is neither of the two. */
export function bodyForm(contentType: string | undefined): BodyForm {
  const [type = ''] = (contentType ?? '').toLowerCase().split(';');
  for (const [form, name] of Object.entries(CONTENT_TYPES)) if (type.trim() === name) return form as BodyForm;
  throw new TelemetryProblem(
    415,
    'the content-type is neither application/x-protobuf nor application/json; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
  );
}

/** @throws TelemetryProblem - 400 if the body is not such a request. */
export function readTraceRequest(body: Buffer, form: BodyForm): TraceRequest {
  return readRequest(TraceRequestSchema, body, form);
}

/** @throws TelemetryProblem - 400 if the body is not such a request. */
export function readLogsRequest(body: Buffer, form: BodyForm): LogsRequest {
  return readRequest(LogsRequestSchema, body, form);
}

/** The part of a request that was not accepted. */
export interface Rejection {
  readonly count: number;
  readonly reason: string;
}

export function traceAnswer({ count, reason }: Rejection, form: BodyForm): Uint8Array {
  if (form === 'json')
    return jsonAnswer(count === 0 ? {} : { rejectedSpans: `${count}`, errorMessage: reason });
  if (count === 0) return new Uint8Array();
  const partialSuccess = { rejectedSpans: BigInt(count), errorMessage: reason };
  return toBinary(TraceResponseSchema, create(TraceResponseSchema, { partialSuccess }));
}

export function logsAnswer({ count, reason }: Rejection, form: BodyForm): Uint8Array {
  if (form === 'json') {
    return jsonAnswer(count === 0 ? {} : { rejectedLogRecords: `${count}`, errorMessage: reason });
  }
  if (count === 0) return new Uint8Array();
  const partialSuccess = { rejectedLogRecords: BigInt(count), errorMessage: reason };
  return toBinary(LogsResponseSchema, create(LogsResponseSchema, { partialSuccess }));
}

/** The `google.rpc.Status` that OTLP asks for in an answer with an error. */
export function statusBody({ status, message }: TelemetryProblem, form: BodyForm): Uint8Array {
  const code = RPC_CODES[status] ?? 2;
  if (form === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return toBinary(ErrorStatusSchema, create(ErrorStatusSchema, { code, message }));
}

/** Codes of gRPC: invalid argument, not found, resource exhausted, unavailable. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  404: 5,
  405: 12,
  413: 3,
  415: 3,
  429: 8,
  503: 14,
};

function jsonAnswer(partialSuccess: object): Uint8Array {
  return Buffer.from(JSON.stringify({ partialSuccess }));
}

function readRequest<Desc extends DescMessage>(
  schema: Desc,
  body: Buffer,
  form: BodyForm,
): MessageShape<Desc> {
  try {
    if (form === 'protobuf') return fromBinary(schema, body, { readUnknownFields: false });
    const json: unknown = JSON.parse(body.toString('utf8'));
    // A record without members of the request is not one, although protobuf would read it.
    if (!isRecord(json)) throw new TypeError('not an object');
    return fromJson(schema, withBase64Ids(json) as never, { ignoreUnknownFields: true });
  } catch {
    // The messages of the parsers quote the body.
    throw new TelemetryProblem(
      400,
      `the body is not a request of OTLP in ${form === 'json' ? 'JSON' : 'protobuf'}`,
    );
  }
}

const LISTS = new Set(['resourceSpans', 'scopeSpans', 'spans', 'resourceLogs', 'scopeLogs', 'logRecords']);
const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** OTLP has ids as hex, against the rules of protobuf, whose JSON has bytes as base64. */
function withBase64Ids(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      if (IDS.has(name) && typeof value === 'string') return [name, base64OfHex(value)];
      if (!LISTS.has(name) || !Array.isArray(value)) return [name, value];
      return [name, value.map((item: unknown) => (isRecord(item) ? withBase64Ids(item) : item))];
    }),
  );
}

/** Text that is not hex becomes an id without bytes, which is then rejected alone, not with the whole request. */
function base64OfHex(text: string): string {
  return /^(?:[\da-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex').toString('base64') : '';
}
