import type { EventStatus } from '../chaukas/event.js';
import type { SessionTotals } from './session-totals.js';

/**
 * What a session lasts as long as, unless its owner ends it before: its trace, what goes on in it, the process
 * itself, or no time.
 */
export type SessionLifetime = 'trace' | 'activity' | 'process' | 'moment';

/** One session that is open, or was. */
export interface Session {
  readonly id: string;
  /** Of its START and END event, and of every event that has no nearer parent. */
  readonly spanId: string;
  readonly traceId: string;
  /** Those whose events belong to it because they have no session of their own. */
  readonly traceIds: string[];
  /** The span with whose end it ends; absent where nobody opened it on purpose. */
  readonly ownerSpanId: string | undefined;
  lifetime: SessionLifetime;
  /** When it began. */
  readonly begun: string;
  /** Of its model calls. */
  readonly totals: SessionTotals;
  /** Workflows that go on in it of which an error was told, by their invocation. */
  readonly failedInvocations: Set<string>;
  openSpans: number;
  /** Those of the open spans that only stand for the session: nothing goes on in them by themselves. */
  openSessionSpans: number;
  lastActivity: number;
  /** How the newest run of it ended. */
  status: EventStatus;
  /** Its END is made: nothing may follow in it. */
  ended: boolean;
}
