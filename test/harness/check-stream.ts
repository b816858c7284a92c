import type { ChaukasEvent } from '../../src/index.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The rules 1 to 4 of "What must hold in every stream", and the event count of rule 5: every violation, in words.
 *
 * @param options.open - the stream is cut off on purpose, so a START may be without its END.
 */
export function streamViolations(
  events: readonly ChaukasEvent[],
  options: { open?: boolean } = {},
): string[] {
  return [
    ...pairing(events, options.open ?? false),
    ...parents(events),
    ...identities(events),
    ...order(events),
    ...counts(events),
  ];
}

function pairing(events: readonly ChaukasEvent[], open: boolean): string[] {
  const violations: string[] = [];
  const started = new Map<string, number>();
  const key = (event: ChaukasEvent) =>
    `${event.type.replace(/_(START|END)$/, '')} ${event.session_id} ${event.span_id}`;
  for (const event of events) {
    if (event.type.endsWith('_START')) {
      if (started.has(key(event))) violations.push(`second START: ${name(event)}`);
      started.set(key(event), (started.get(key(event)) ?? 0) + 1);
    } else if (event.type.endsWith('_END')) {
      if (!started.has(key(event))) violations.push(`END without START: ${name(event)}`);
      if (started.get(key(event)) === 0) violations.push(`second END: ${name(event)}`);
      started.set(key(event), 0);
    }
  }
  if (!open)
    for (const [span, count] of started) if (count > 0) violations.push(`START without END: ${span}`);
  return violations;
}

function parents(events: readonly ChaukasEvent[]): string[] {
  const violations: string[] = [];
  const parentOf = new Map<string, string | undefined>();
  for (const event of events) parentOf.set(`${event.session_id} ${event.span_id}`, event.parent_span_id);
  for (const event of events) {
    const isSession = event.type.startsWith('EVENT_TYPE_SESSION_');
    if (isSession !== (event.parent_span_id === undefined)) violations.push(`wrong parent: ${name(event)}`);
    if (event.parent_span_id === undefined) continue;
    if (!parentOf.has(`${event.session_id} ${event.parent_span_id}`))
      violations.push(`orphan: ${name(event)}`);
    const seen = new Set<string>();
    for (
      let span: string | undefined = event.span_id;
      span;
      span = parentOf.get(`${event.session_id} ${span}`)
    ) {
      if (seen.has(span)) {
        violations.push(`cycle: ${name(event)}`);
        break;
      }
      seen.add(span);
    }
  }
  return violations;
}

function identities(events: readonly ChaukasEvent[]): string[] {
  const violations: string[] = [];
  const ids = new Set<string>();
  for (const event of events) {
    if (!UUID_V7.test(event.event_id)) violations.push(`event_id is no UUIDv7: ${name(event)}`);
    if (ids.has(event.event_id)) violations.push(`duplicate event_id: ${name(event)}`);
    ids.add(event.event_id);
    if (!/^[0-9a-f]{32}$/.test(event.trace_id)) violations.push(`trace_id: ${name(event)}`);
    if (!/^[0-9a-f]{16}$/.test(event.span_id)) violations.push(`span_id: ${name(event)}`);
    if (Number.isNaN(Date.parse(event.timestamp)) || !event.timestamp.endsWith('Z')) {
      violations.push(`timestamp: ${name(event)}`);
    }
  }
  return violations;
}

/**
 * A span's START, its single events, its END; a child's START after its parent's. A tool that is an MCP call has two
 * pairs, and ends with the last one.
 */
function order(events: readonly ChaukasEvent[]): string[] {
  const violations: string[] = [];
  const started = new Set<string>();
  const ended = new Set<string>();
  const openPairs = new Map<string, number>();
  const paired = new Set(
    events
      .filter((event) => event.type.endsWith('_START'))
      .map((event) => `${event.session_id} ${event.span_id}`),
  );
  for (const event of events) {
    const own = `${event.session_id} ${event.span_id}`;
    const parent = `${event.session_id} ${event.parent_span_id}`;
    if (event.type.endsWith('_START')) {
      started.add(own);
      openPairs.set(own, (openPairs.get(own) ?? 0) + 1);
    }
    if (paired.has(own) && !started.has(own)) violations.push(`before its START: ${name(event)}`);
    if (ended.has(own)) violations.push(`after its END: ${name(event)}`);
    if (event.type.endsWith('_END')) {
      const stillOpen = (openPairs.get(own) ?? 0) - 1;
      openPairs.set(own, stillOpen);
      if (stillOpen <= 0) ended.add(own);
    }
    if (event.parent_span_id !== undefined && !started.has(parent)) {
      violations.push(`before its parent's START: ${name(event)}`);
    }
  }
  return violations;
}

/** A session that is opened again by its id has an END for each time, which counts what came since the one before. */
function counts(events: readonly ChaukasEvent[]): string[] {
  const made = new Map<string, number>();
  const violations: string[] = [];
  for (const event of events) {
    const count = (made.get(event.session_id) ?? 0) + 1;
    made.set(event.session_id, count);
    if (!isSessionEnd(event)) continue;
    made.set(event.session_id, 0);
    if (event.metadata?.event_count !== count) {
      violations.push(`event_count is ${event.metadata?.event_count}: ${name(event)}`);
    }
  }
  for (const [session, count] of made) {
    if (count > 0 && events.some((event) => event.session_id === session && isSessionEnd(event))) {
      violations.push(`${count} events after the END of session ${session}`);
    }
  }
  return violations;
}

function isSessionEnd({ type }: ChaukasEvent): boolean {
  return type === 'EVENT_TYPE_SESSION_END';
}

function name(event: ChaukasEvent): string {
  return `${event.type.slice('EVENT_TYPE_'.length)} ${event.span_id} (session ${event.session_id})`;
}
