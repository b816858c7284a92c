import type { ChaukasEvent } from '../chaukas/event.js';
import {
  CONTENT_NAMES,
  CONTENT_SCHEMA,
  type ContentName,
  type MemberKind,
  type MemberKinds,
} from '../chaukas/event-schema.js';

export type { MemberKind, MemberKinds } from '../chaukas/event-schema.js';

type RedactableMember = ContentName | 'metadata' | 'tags' | 'extensions';

/**
 * The members of an event that are redacted. All others are ids, enum values, times, numbers and hashes. The order, the
 * hash chain and the sums of the stream depend on them.
 */
export const EVENT_MEMBERS: Readonly<Record<RedactableMember, MemberKind | MemberKinds>> = {
  ...(Object.fromEntries(CONTENT_NAMES.map((name) => [name, CONTENT_SCHEMA[name].redacted])) as Record<
    ContentName,
    MemberKind | MemberKinds
  >),
  metadata: 'struct',
  tags: 'texts',
  extensions: 'structs',
};

export const EVENT_MEMBER_NAMES = Object.keys(EVENT_MEMBERS) as readonly RedactableMember[];

/** Members that are not redacted, but are set by the application and may therefore contain any characters. */
export const APPLICATION_NAMES = [
  'session_id',
  'agent_id',
  'agent_name',
  'tenant_id',
  'project_id',
  'branch',
  'response_id',
] as const satisfies ReadonlyArray<keyof ChaukasEvent>;
