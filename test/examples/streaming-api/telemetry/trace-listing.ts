/** Traces as they left the service, in OTLP's JSON form, as trees for a reader. */
import type { Placeholders } from '../../../agents/situations/placeholders.js';
import type { OtlpSpan } from '../../../loading/otlp-receiver.js';

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const ERROR = 2;

/** Lists each trace as a tree: a line per span with its tokens, its session, its links and its error. */
export function traceListing(spans: readonly OtlpSpan[], placeholders: Placeholders): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId));
  return inOrder(roots).flatMap((root) => [
    `Trace ${placeholders.inText(root.traceId)}`,
    ...branch(root, spans, placeholders, 1),
  ]);
}

function branch(
  span: OtlpSpan,
  all: readonly OtlpSpan[],
  placeholders: Placeholders,
  depth: number,
): string[] {
  const children = all.filter((other) => other.parentSpanId === span.spanId);
  return [
    `${'  '.repeat(depth)}${line(span, all, placeholders)}`,
    ...inOrder(children).flatMap((child) => branch(child, all, placeholders, depth + 1)),
  ];
}

function line(span: OtlpSpan, all: readonly OtlpSpan[], placeholders: Placeholders): string {
  const value = (name: string) => attribute(span, name);
  const isSum = value('openai_agents.usage.aggregated') === true;
  const tokens = value('gen_ai.usage.input_tokens');
  const parts = [
    `${span.name} [${KINDS[span.kind]}]`,
    value('http.response.status_code'),
    tokens !== undefined && `${isSum ? 'Σ ' : ''}${tokens} → ${value('gen_ai.usage.output_tokens')} tokens`,
    value('gen_ai.response.finish_reasons'),
    value('gen_ai.conversation.id') &&
      `conversation ${placeholders.inText(`${value('gen_ai.conversation.id')}`)}`,
    ...(span.links ?? []).map((link) => {
      const target = all.find(({ spanId }) => spanId === link.spanId)?.name ?? 'unknown span';
      return `link to "${target}" of ${placeholders.inText(link.traceId)}`;
    }),
    span.status?.code === ERROR && `✗ ${value('error.type')}`,
  ];
  return parts.filter((part) => part !== undefined && part !== false).join('  ');
}

/** The value of an attribute: of a list, its members with commas. */
export function attribute(span: OtlpSpan, name: string): unknown {
  const found = span.attributes?.find(({ key }) => key === name)?.value;
  return found === undefined ? undefined : plain(found);
}

function plain(value: Readonly<Record<string, unknown>>): unknown {
  const { arrayValue } = value;
  if (typeof arrayValue === 'object' && arrayValue !== null && 'values' in arrayValue) {
    const { values } = arrayValue;
    return Array.isArray(values) ? values.map(plain).join(',') : '';
  }
  return Object.values(value)[0];
}

/**
 * In the order of their start; spans that run side by side are in the order of their names, as chance decides theirs. A
 * start is a whole millisecond and an end is not (OpenTelemetry's SDK 2.12), so ends are compared without their rest. Two
 * of the same operation that start in one millisecond count as side by side, and so do tools with no other span between
 * them: one answer of the model called them.
 */
function inOrder(spans: readonly OtlpSpan[]): OtlpSpan[] {
  const groups: { end: bigint; members: OtlpSpan[] }[] = [];
  for (const span of spans.toSorted((a, b) => Number(start(a) - start(b)))) {
    const last = groups.at(-1);
    const before = last?.members.at(-1);
    const together =
      before !== undefined &&
      operation(before) === operation(span) &&
      (operation(span) === 'execute_tool' || start(before) === start(span));
    if (last === undefined || (start(span) >= last.end && !together)) {
      groups.push({ end: end(span), members: [span] });
    } else {
      last.members.push(span);
      if (end(span) > last.end) last.end = end(span);
    }
  }
  return groups.flatMap(({ members }) => members.toSorted((a, b) => a.name.localeCompare(b.name)));
}

function operation({ name }: OtlpSpan): string | undefined {
  return name.split(' ')[0];
}

function start({ startTimeUnixNano }: OtlpSpan): bigint {
  return BigInt(startTimeUnixNano);
}

function end(span: OtlpSpan): bigint {
  const nanos = BigInt(span.endTimeUnixNano ?? span.startTimeUnixNano);
  return nanos - (nanos % 1_000_000n);
}
