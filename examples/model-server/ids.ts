import { randomBytes } from 'node:crypto';

/** The chance in one exchange: every id of a reply is derived from it. */
export function newSeed(): string {
  return randomBytes(20).toString('hex');
}

/** `resp_…`, `chatcmpl-…`, `fc_…`: as opaque as OpenAI's; `index` tells items of one reply apart. */
export function derivedId(prefix: string, seed: string, index = 0): string {
  return `${prefix}${seed}${index.toString(16).padStart(2, '0')}`;
}

export function requestId(): string {
  return `req_${randomBytes(16).toString('hex')}`;
}

const CALL_PREFIX = 'call_';
const CALL_RANDOM_LENGTH = 16;

/**
 * The tool's name is hidden in the id: with `previous_response_id` or a conversation a client sends the
 * result without the call, and a server that looks nothing up could not tell which tool it came from.
 */
export function toolCallId(seed: string, index: number, toolName: string): string {
  const random = seed.slice(0, CALL_RANDOM_LENGTH - 2) + index.toString(16).padStart(2, '0');
  return CALL_PREFIX + random + Buffer.from(toolName).toString('base64url');
}

/** The name in an id made by `toolCallId`; for any other id, something that is no tool's name. */
export function toolNameInCallId(callId: string): string {
  return Buffer.from(callId.slice(CALL_PREFIX.length + CALL_RANDOM_LENGTH), 'base64url').toString('utf8');
}
