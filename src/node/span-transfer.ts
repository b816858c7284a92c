/**
 * Ended spans as plain data, and back: the SDK's `ReadableSpan` without its methods, so that another process can export
 * it.
 */
import type { Attributes } from '@opentelemetry/api';

/** The members of a `ReadableSpan` that are plain data. */
const DATA = [
  'name',
  'kind',
  'startTime',
  'endTime',
  'status',
  'attributes',
  'events',
  'duration',
  'ended',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
] as const;

/** The part of the SDK's `ReadableSpan` that is not in {@link DATA}. */
interface SpanParts {
  spanContext(): SpanIds;
  readonly parentSpanContext?: SpanIds;
  readonly links: readonly SpanLink<SpanIds>[];
  readonly resource: {
    /** Complains while attributes that are detected asynchronously are missing. */
    readonly attributes: Attributes;
    /** In SDK 2 and 3. Values that are still being detected are promises. */
    getRawAttributes?(): readonly (readonly [name: string, value: unknown])[];
    readonly schemaUrl?: string;
  };
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string;
    readonly schemaUrl?: string;
  };
}

interface SpanLink<Ids> {
  readonly context: Ids;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
  readonly traceState?: { serialize(): string };
}

type PlainIds = Omit<SpanIds, 'traceState'> & { readonly traceState?: string };

/** Spans as one value that the structured clone algorithm takes. */
export interface TransferredSpans {
  /** All spans of a process have the same resource. */
  readonly resource: { readonly attributes: Attributes; readonly schemaUrl?: string };
  readonly spans: readonly PlainSpan[];
}

interface PlainSpan {
  readonly data: Readonly<Record<string, unknown>>;
  readonly ids: PlainIds;
  readonly parent?: PlainIds;
  readonly links: readonly SpanLink<PlainIds>[];
  readonly scope: SpanParts['instrumentationScope'];
}

export function toTransferred(spans: readonly object[]): TransferredSpans {
  const parts = spans as readonly SpanParts[];
  const resource = parts[0]?.resource;
  const schemaUrl = resource?.schemaUrl;
  return {
    resource: {
      attributes: resource === undefined ? {} : knownAttributes(resource),
      ...(schemaUrl !== undefined && { schemaUrl }),
    },
    spans: parts.map(plainSpan),
  };
}

function knownAttributes(resource: SpanParts['resource']): Attributes {
  const raw = resource.getRawAttributes?.();
  if (raw === undefined) return { ...resource.attributes };
  const known: Attributes = {};
  for (const [name, value] of raw) {
    // The first of several values is the one that counts.
    if (value !== undefined && !isPromise(value)) known[name] ??= value as NonNullable<Attributes[string]>;
  }
  return known;
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

export function fromTransferred({ resource, spans }: TransferredSpans): object[] {
  return spans.map(({ data, ids, parent, links, scope }) => {
    const own = withTraceState(ids);
    return {
      ...data,
      spanContext: () => own,
      ...(parent && { parentSpanContext: withTraceState(parent), parentSpanId: parent.spanId }),
      links: links.map((link) => ({ ...link, context: withTraceState(link.context) })),
      resource,
      instrumentationScope: scope,
    };
  });
}

function plainSpan(span: SpanParts): PlainSpan {
  const { name, version, schemaUrl } = span.instrumentationScope;
  const members = span as unknown as Readonly<Record<string, unknown>>;
  return {
    data: Object.fromEntries(DATA.map((member) => [member, members[member]])),
    ids: plainIds(span.spanContext()),
    ...(span.parentSpanContext && { parent: plainIds(span.parentSpanContext) }),
    links: span.links.map((link) => ({ ...link, context: plainIds(link.context) })),
    scope: { name, ...(version !== undefined && { version }), ...(schemaUrl !== undefined && { schemaUrl }) },
  };
}

function plainIds({ traceId, spanId, traceFlags, isRemote, traceState }: SpanIds): PlainIds {
  return {
    traceId,
    spanId,
    traceFlags,
    ...(isRemote !== undefined && { isRemote }),
    ...(traceState !== undefined && { traceState: traceState.serialize() }),
  };
}

function withTraceState({ traceState, ...ids }: PlainIds): SpanIds {
  return traceState === undefined ? ids : { ...ids, traceState: { serialize: () => traceState } };
}
