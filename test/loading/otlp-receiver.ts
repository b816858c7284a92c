import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { decodeTraceRequest } from './otlp-protobuf.js';

const attributesSchema = z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }));

const spanSchema = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  // Read of JSON only.
  endTimeUnixNano: z.string().optional(),
  attributes: attributesSchema.optional(),
  status: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).optional(),
});

const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(spanSchema) })),
    }),
  ),
});

/** The members of a span in OTLP's JSON form that these tests read. */
export type OtlpSpan = z.infer<typeof spanSchema>;

export interface OtlpReceiver {
  readonly origin: string;
  /** In order of arrival. */
  readonly spans: readonly OtlpSpan[];
  /** Requests that were not traces in OTLP/HTTP; there should be none. */
  readonly refused: readonly string[];
  close(): void;
}

/** Receives traces like a collector, over OTLP/HTTP with JSON or protobuf. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: OtlpSpan[] = [];
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    // NodeSDK also exports metrics.
    if (request.url === '/v1/traces') {
      try {
        spans.push(...(await readSpans(request)));
      } catch (error) {
        refused.push(String(error));
        response.statusCode = 400;
      }
      const type = request.headers['content-type'] ?? JSON_TYPE;
      response.setHeader('content-type', type).end(type === JSON_TYPE ? '{}' : undefined);
    } else {
      request.resume();
      // An empty message in the encoding that NodeSDK chooses for metrics.
      response.setHeader('content-type', 'application/x-protobuf').end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    spans,
    refused,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const JSON_TYPE = 'application/json';

async function readSpans(request: IncomingMessage): Promise<OtlpSpan[]> {
  const { resourceSpans } = requestSchema.parse(
    decode(request.headers['content-type'], await buffer(request)),
  );
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
}

function decode(type: string | undefined, body: Buffer): unknown {
  if (type === JSON_TYPE) return JSON.parse(body.toString());
  if (type === 'application/x-protobuf') return decodeTraceRequest(body);
  throw new TypeError(`content-type is ${type}`);
}
