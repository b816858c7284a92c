import type { EventStatus } from '../chaukas/event.js';

/** One session that is open. */
export interface Session {
  readonly id: string;
  /** Of its START and END event, and of every event that has no nearer parent. */
  readonly spanId: string;
  readonly traceId: string;
  /** It lasts as long as its trace does; others last until they are idle. */
  readonly traceBound: boolean;
  eventCount: number;
  openSpans: number;
  lastActivity: number;
  /** How the newest run of it ended. */
  status: EventStatus;
}
