import type { Author, Severity } from '../../chaukas/event.js';
import type { RecordedFact } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import { dataAccessOfSignal } from './data-access.js';
import { policyContent } from './policy.js';

const AUTHORS: Readonly<Record<'agent' | 'system' | 'user', Author>> = {
  agent: 'AUTHOR_AGENT',
  system: 'AUTHOR_SYSTEM',
  user: 'AUTHOR_USER',
};

const SEVERITIES: Readonly<Record<'debug' | 'info' | 'warn' | 'error', Severity>> = {
  debug: 'SEVERITY_DEBUG',
  info: 'SEVERITY_INFO',
  warn: 'SEVERITY_WARN',
  error: 'SEVERITY_ERROR',
};

/** Returns the event of a fact that a signal reports as a whole, independent of the life of a span. */
export function factEvent(fact: RecordedFact, timestamp: string, includeContent: boolean): EventBody {
  switch (fact.type) {
    case 'policy.decision':
      return {
        type: 'EVENT_TYPE_POLICY_DECISION',
        timestamp,
        ...(fact.outcome === 'deny' && { severity: 'SEVERITY_WARN' as const }),
        ...(fact.author !== undefined && { author: AUTHORS[fact.author] }),
        ...policyContent(fact, includeContent),
      };
    case 'data.access':
      return { type: 'EVENT_TYPE_DATA_ACCESS', timestamp, ...dataAccessOfSignal(fact, includeContent) };
    case 'state.update':
      return {
        type: 'EVENT_TYPE_STATE_UPDATE',
        timestamp,
        ...(fact.author !== undefined && { author: AUTHORS[fact.author] }),
        state_update: { ...fact.state, ...(includeContent && fact.content) },
        ...(fact.metadata !== undefined && { metadata: fact.metadata }),
      };
    case 'system.message':
      return {
        type: 'EVENT_TYPE_SYSTEM',
        timestamp,
        ...(fact.severity !== undefined && { severity: SEVERITIES[fact.severity] }),
        metadata: { ...fact.metadata, ...(includeContent && fact.content), message: fact.message },
      };
  }
}
