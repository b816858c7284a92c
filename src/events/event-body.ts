import type {
  Author,
  CostDetails,
  EventContent,
  EventStatus,
  EventType,
  InfrastructureMetrics,
  PerformanceMetrics,
  RetryInfo,
  Severity,
} from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';
import type { ApplicationContext } from '../signals/application-context.js';

/**
 * The part of an event that says what happened. The stream adds where it happened and who the stream belongs to.
 * `status`, `severity` and `author` are only set if they differ from the defaults of the event type.
 */
export interface EventBody extends EventContent {
  readonly type: EventType;
  readonly timestamp: string;
  readonly status?: EventStatus;
  readonly severity?: Severity;
  readonly author?: Author;
  readonly response_id?: string | undefined;
  readonly is_partial?: boolean;
  readonly is_final?: boolean;
  readonly retry?: RetryInfo;
  readonly cost?: CostDetails | undefined;
  readonly performance?: PerformanceMetrics | undefined;
  readonly infrastructure?: InfrastructureMetrics | undefined;
  readonly metadata?: JsonObject;
  /** If it differs from that of the event's place. */
  readonly application?: ApplicationContext | undefined;
}
