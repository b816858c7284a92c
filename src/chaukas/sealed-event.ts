/**
 * An event with what proves its content and its place. Its hash and its line are made of one text, which is made once:
 * the canonical JSON of the event is what is hashed, and with the hash in its place it is the line that a file gets.
 */
import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../foreign/json.js';
import { canonicalJson } from './canonical-json.js';
import type { ChaukasEvent } from './event.js';
import { orderedEvent } from './ordered-event.js';

type Unsealed = Omit<ChaukasEvent, 'hash_prev' | 'content_hash' | 'worm_proof_id'>;

/** What an event is before it has its place in a chain. Members that are `undefined` are none. */
export type UnsealedEvent = { [Name in keyof Unsealed]: Unsealed[Name] | undefined } & Pick<
  ChaukasEvent,
  'session_id' | 'type'
>;

const HASH_MEMBER = '"content_hash":"';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes, and halves of pairs may be.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** An event that has its hash and its place. */
export interface SealedEvent {
  readonly event: ChaukasEvent;
  /** The same as a line of a file, without the line's end. */
  readonly line: string;
}

/**
 * @param hashPrev - `content_hash` of the session's previous event; empty for its first.
 * @param wormProofId - of the signed checkpoint that will cover it. It is not part of what is hashed.
 */
export function sealEvent(event: UnsealedEvent, hashPrev: string, wormProofId?: string): SealedEvent {
  const sealed = orderedEvent(event, hashPrev);
  let beforeHash = '';
  let afterHash = '';
  for (const field in sealed) {
    if (field === 'content_hash') {
      beforeHash = afterHash;
      afterHash = '';
    } else {
      afterHash += `"${field}":${valueText(sealed[field as keyof ChaukasEvent])},`;
    }
  }
  // There is a member after the hash, and so a comma too many.
  const rest = `${afterHash.slice(0, -1)}}`;
  const contentHash = hash('sha256', `{${beforeHash}${rest}`);
  sealed.content_hash = contentHash;
  const line = `{${beforeHash}${HASH_MEMBER}${contentHash}",${rest}`;
  if (wormProofId === undefined) return { event: sealed as ChaukasEvent, line };
  sealed.worm_proof_id = wormProofId;
  return { event: sealed as ChaukasEvent, line: `${line.slice(0, -1)}${wormProofMember(wormProofId)}}` };
}

/** The hash that an event should have: lower-case hex SHA-256 of its canonical JSON without what is not hashed. */
export function contentHash(event: ChaukasEvent): string {
  const { content_hash, worm_proof_id, ...hashed } = event;
  return hash('sha256', canonicalJson(asJson(hashed)));
}

/**
 * The hash of a line that nobody has formatted anew, by its text alone; of another line it is some other hash.
 *
 * @param event - what the line holds.
 */
export function contentHashOfLine(line: string, event: ChaukasEvent): string {
  let text = line;
  if (event.worm_proof_id !== undefined) {
    const member = wormProofMember(event.worm_proof_id);
    if (text.endsWith(`${member}}`)) text = `${text.slice(0, -member.length - 1)}}`;
  }
  const at = hashMemberIndex(text, event);
  return hash('sha256', withoutHash(text, at, event.content_hash ?? ''));
}

/** Most members are short texts that need no escape. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
  return canonicalJson(value as JsonValue);
}

function wormProofMember(value: string): string {
  return `,"worm_proof_id":${JSON.stringify(value)}`;
}

/** What an agent hands over stands before it, and may have a member of that name. Within a text the quotes are escaped. */
function hashMemberIndex(text: string, { agent_handoff }: ChaukasEvent): number {
  const from = agent_handoff === undefined ? 0 : canonicalJson(asJson(agent_handoff)).length;
  return text.indexOf(HASH_MEMBER, from);
}

/** Never the last member: `event_id` comes after it. */
function withoutHash(text: string, at: number, value: string): string {
  return text.slice(0, at) + text.slice(at + HASH_MEMBER.length + value.length + '",'.length);
}

/** All its members are JSON; an interface has no index signature. */
function asJson(value: object): JsonValue {
  return value as JsonObject;
}
