/**
 * Events of chaukas-spec and their wire forms: for programs that read event files, and for servers that receive
 * events.
 */
export type * from './event.js';
export { EVENT_TYPES } from './event.js';
export { type ProveResult, proveEvent } from './transparency-log/event-prover.js';
export {
  type ProofResult,
  type ProofVerificationOptions,
  type ProvenEvent,
  verifyProof,
} from './transparency-log/inclusion-proof.js';
export { formatVerifierKey } from './transparency-log/verifier-key.js';
export {
  EventVerifier,
  type VerificationOptions,
  verifyEvents,
} from './verify/event-verifier.js';
export type { Finding, FindingCode, VerificationReport } from './verify/findings.js';
export {
  decodeBatch,
  decodeEvent,
  decodeEventRequest,
  encodeBatch,
  encodeEvent,
  encodeEventRequest,
} from './wire/event-binary.js';
export { EventFormatError } from './wire/event-format-error.js';
export { eventFromJson, eventToJson } from './wire/event-json.js';
export {
  batchFromRestJson,
  batchToRestJson,
  eventFromRestJson,
  eventToRestJson,
} from './wire/event-rest-json.js';
