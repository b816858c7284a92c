import type { Attributes } from '@opentelemetry/api';
import type { ContentPolicy } from '../content-capture.js';
import type { Telemetry } from '../telemetry.js';

/** What everything in a connection asks of it. Nothing here may lead to the session: that would keep it alive. */
export interface ConnectionScope {
  readonly telemetry: Telemetry;
  readonly content: ContentPolicy;
  /** The identifier that the application gave to what belongs together. */
  readonly conversationId: string | undefined;
  /** As it was asked for. */
  readonly model: string | undefined;
  /** Who answers: provider name and, once it is known, server address and port. */
  readonly endpoint: Attributes;
}
