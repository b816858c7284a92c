/**
 * An event with the hashes that prove its content and its place. Its hash and its line come from one text, which is
 * built once: the canonical JSON of the event is hashed, and with the hash inserted it is the line of a file.
 */
import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../json/json.js';
import { LONG_STEP, LongText, type WorkSteps } from '../steps.js';
import { canonicalJson, type KnownLists, writeCanonicalJson } from './canonical-json.js';
import type { ChaukasEvent, UnsealedEvent } from './event.js';
import { EventText, isDefault } from './event-text.js';
import { inQuotes, UNSPECIFIED } from './text-member.js';

/** An event that has its hash and its place. */
export interface SealedEvent {
  /** The event as an object. */
  readonly event: ChaukasEvent;
  /** The event as a line of a file, without the end of the line. */
  readonly line: string;
  /** The bytes of the line in UTF-8, if they are known. */
  readonly bytes?: number;
}

/** An event that was sealed here, with what its stream needs of it. */
export interface NewlySealedEvent extends SealedEvent {
  readonly contentHash: string;
}

/** The end of a session's hash chain. */
export interface ChainHead {
  /** `content_hash` of its newest event. */
  readonly hash: string;
  /** Number of events in the chain; `undefined` if its beginning was not read. */
  readonly count: number | undefined;
}

/** An event as its line alone, so that it holds its text once while it waits. Each read of `event` makes a new object. */
export class SealedLine implements SealedEvent {
  constructor(readonly line: string) {}

  get event(): ChaukasEvent {
    return JSON.parse(this.line) as ChaukasEvent;
  }
}

class NewLine extends SealedLine implements NewlySealedEvent {
  constructor(
    line: string,
    readonly contentHash: string,
    readonly bytes: number,
  ) {
    super(line);
  }
}

const HASH_MEMBER = '"content_hash":"';

/**
 * Seals an event: adds its hash and its place in the session's chain.
 *
 * Optimised by hand: one `JSON.stringify` of the whole event with its members in order took a sixth longer than members
 * one by one, and these a fifth longer than members whose texts are kept for the next event (885 bytes, Node 20, part of
 * `npm run bench:events`).
 *
 * @param hashPrev - `content_hash` of the session's previous event; empty for the first event.
 * @param wormProofId - id of the signed checkpoint that will cover the event. It is not part of the hashed text.
 */
export function sealEvent(event: UnsealedEvent, hashPrev: string, wormProofId?: string): NewlySealedEvent {
  const { before, behind, hashPlace, isCarried } = new EventText(event);
  const text = `${before}"hash_prev":"${inQuotes(hashPrev)}",${behind}`;
  // Proto3 does not carry the empty text that the first event of a session has.
  const carried = hashPrev === '' ? before + behind : text;
  const hashed = isCarried ? carried : canonicalJson(asJson(carriedMembers(orderedEvent(event, hashPrev))));
  return sealedLine(text, hashPlace, hash('sha256', hashed), wormProofId);
}

/**
 * Seals an event with megabytes of text in steps: as {@link sealEvent} does, to the same bytes.
 *
 * @param known - canonical JSON of lists in its content that was made before.
 */
export function* sealInSteps(
  event: UnsealedEvent,
  hashPrev: string,
  known: KnownLists,
): WorkSteps<NewlySealedEvent> {
  const ordered = orderedEvent(event, hashPrev);
  const text = new LongText();
  const piecesBeforeHash = yield* writeMembers(ordered, text, known);
  const carried = carriedMembers(ordered);
  const hashed = carried === ordered ? text : new LongText();
  if (carried !== ordered) yield* writeMembers(carried, hashed, known);
  const contentHash = hashed.digest();
  const hash = `${HASH_MEMBER}${contentHash}",`;
  text.pieces.splice(piecesBeforeHash, 0, hash);
  yield LONG_STEP;
  return new NewLine(text.pieces.join(''), contentHash, text.bytes + hash.length);
}

/** Writes the canonical JSON of an event. Returns the number of pieces before the place of its hash. */
function* writeMembers(event: OrderedEvent, text: LongText, known: KnownLists): WorkSteps<number> {
  let piecesBeforeHash = 0;
  text.add('{');
  let isFirst = true;
  for (const name in event) {
    const value = event[name as keyof OrderedEvent];
    if (name === 'content_hash') {
      if (!isFirst) text.add(',');
      isFirst = true;
      yield* text.endPiece();
      piecesBeforeHash = text.pieces.length;
    } else if (value !== undefined) {
      text.add(`${isFirst ? '' : ','}"${name}":`);
      isFirst = false;
      yield* writeCanonicalJson(value as JsonValue, text, known);
    }
  }
  text.add('}');
  yield* text.endPiece();
  return piecesBeforeHash;
}

/** Inserts the hash into the text of an event. */
function sealedLine(text: string, at: number, contentHash: string, wormProofId?: string): NewlySealedEvent {
  const member = `${HASH_MEMBER}${contentHash}",`;
  const line = text.slice(0, at) + member + text.slice(at);
  // Counted on the text, which is one piece of memory: the line becomes one when a sink joins it with others.
  const bytes = Buffer.byteLength(text) + member.length;
  if (wormProofId === undefined) return new NewLine(line, contentHash, bytes);
  const proof = wormProofMember(wormProofId);
  return new NewLine(`${line.slice(0, -1)}${proof}}`, contentHash, bytes + Buffer.byteLength(proof));
}

/** Returns the members that are hashed: the event itself, or a copy without those that proto3 does not carry. */
function carriedMembers(event: OrderedEvent): OrderedEvent {
  let copy: Record<string, unknown> | undefined;
  for (const name in event) {
    const value = event[name as keyof OrderedEvent];
    if (value === undefined) continue;
    const carried = carriedValue(name, value);
    if (carried === value) continue;
    copy ??= { ...event };
    copy[name] = carried;
  }
  return copy ?? event;
}

/**
 * Returns the hash that an event should have: lower-case hex SHA-256 of its canonical JSON, without `content_hash` and
 * `worm_proof_id`, and without the members that proto3 does not carry.
 */
export function contentHash(event: ChaukasEvent): string {
  const hashed: JsonObject = {};
  for (const [field, value] of Object.entries(event)) {
    if (field === 'content_hash' || field === 'worm_proof_id') continue;
    const carried = carriedValue(field, value);
    // Defined, not assigned: a foreign event may have a member of the name `__proto__`.
    if (carried !== undefined) Object.defineProperty(hashed, field, { value: carried, enumerable: true });
  }
  return hash('sha256', canonicalJson(hashed));
}

/** The members of an event that are messages. The members of others, such as `metadata`, are those of a Struct. */
export const MESSAGES: ReadonlySet<string> = new Set([
  'agent_handoff',
  'cost',
  'data_access',
  'error',
  'infrastructure',
  'llm_invocation',
  'mcp_call',
  'message',
  'performance',
  'policy',
  'redaction',
  'retry',
  'tool_call',
  'tool_response',
]);

/**
 * Returns the part of a member's value that every implementation of the schema keeps. In a message, proto3 does not tell
 * an empty text, zero, `false`, an empty list, `null` or the first value of an enum from a member that is not there. Such
 * a member is not hashed, so the hash survives a program that drops it. `undefined` if nothing is left. The same value if
 * nothing is dropped.
 */
function carriedValue(field: string, value: unknown): unknown {
  // Most members are texts, and hashed as they are.
  if (typeof value === 'string' && value !== '' && !value.endsWith(UNSPECIFIED)) return value;
  if (typeof value !== 'object' || value === null) {
    return isDefault(value) || isUnspecified(field, value) ? undefined : value;
  }
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (!MESSAGES.has(field)) return value;
  if (isCarriedWhole(value as JsonObject)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isDefault(member)));
}

/** Whether proto3 carries all members of a message. */
function isCarriedWhole(message: JsonObject): boolean {
  for (const name in message) if (isDefault(message[name])) return false;
  return true;
}

/** Whether the value is the first one of the field's enum. No event of this package has one. */
function isUnspecified(field: string, value: unknown): boolean {
  return typeof value === 'string' && value.endsWith(UNSPECIFIED) && ENUM_FIELDS.has(field);
}

export const ENUM_FIELDS: ReadonlySet<string> = new Set(['type', 'status', 'severity', 'author']);

function wormProofMember(value: string): string {
  return `,"worm_proof_id":${JSON.stringify(value)}`;
}

/** Casts, because an interface has no index signature. All members of an event are JSON. */
function asJson(value: object): JsonValue {
  return value as JsonObject;
}

/** An event whose members are in the order of its canonical JSON. Its hash and its checkpoint are not there yet. */
type OrderedEvent = { [Name in keyof ChaukasEvent]?: ChaukasEvent[Name] | undefined };

/**
 * Returns the members of an event in the order of its canonical JSON. The hash is `undefined`, and the checkpoint is left
 * out, because it stands last and is not hashed.
 *
 * All objects have the same members, of which some are `undefined`: V8 makes and writes objects of one shape faster.
 */
export function orderedEvent(event: UnsealedEvent, hashPrev: string): OrderedEvent {
  return {
    agent_handoff: event.agent_handoff,
    agent_id: event.agent_id,
    agent_name: event.agent_name,
    author: event.author,
    branch: event.branch,
    content_hash: undefined,
    cost: event.cost,
    data_access: event.data_access,
    error: event.error,
    event_id: event.event_id,
    extensions: event.extensions,
    hash_prev: hashPrev,
    infrastructure: event.infrastructure,
    invocation_id: event.invocation_id,
    is_final: event.is_final,
    is_partial: event.is_partial,
    llm_invocation: event.llm_invocation,
    mcp_call: event.mcp_call,
    message: event.message,
    metadata: event.metadata,
    parent_span_id: event.parent_span_id,
    performance: event.performance,
    pii_categories: event.pii_categories,
    policy: event.policy,
    project_id: event.project_id,
    redaction: event.redaction,
    response_id: event.response_id,
    retry: event.retry,
    session_id: event.session_id,
    severity: event.severity,
    span_id: event.span_id,
    state_update: event.state_update,
    status: event.status,
    tags: event.tags,
    tenant_id: event.tenant_id,
    timestamp: event.timestamp,
    tool_call: event.tool_call,
    tool_response: event.tool_response,
    trace_id: event.trace_id,
    type: event.type,
  };
}
