import { randomBytes } from 'node:crypto';

/** The randomness of one exchange, from which every id of a reply is derived. */
export function newSeed(): string {
  return randomBytes(20).toString('hex');
}

/** `resp_…`, `chatcmpl-…`, `fc_…`: as opaque as OpenAI's. `index` distinguishes the items of one reply. */
export function derivedId(prefix: string, seed: string, index = 0): string {
  return `${prefix}${seed}${index.toString(16).padStart(2, '0')}`;
}

export function requestId(): string {
  return `req_${randomBytes(16).toString('hex')}`;
}

const CALL_PREFIX = 'call_';
const CALL_RANDOM_LENGTH = 16;

/**
 * The id contains the tool's name. With `previous_response_id` or a conversation a client sends the result without the
 * call, and this server looks nothing up, so it could not know the tool otherwise.
 */
export function toolCallId(seed: string, index: number, toolName: string): string {
  const random = seed.slice(0, CALL_RANDOM_LENGTH - 2) + index.toString(16).padStart(2, '0');
  return CALL_PREFIX + random + Buffer.from(toolName).toString('base64url');
}

/** The name in an id made by `toolCallId`; for any other id, a text that is not a tool's name. */
export function toolNameInCallId(callId: string): string {
  return Buffer.from(callId.slice(CALL_PREFIX.length + CALL_RANDOM_LENGTH), 'base64url').toString('utf8');
}
