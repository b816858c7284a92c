/** Counts the events in a file, in a few lines. */
import { readFileSync } from 'node:fs';
import { type ChaukasEvent, EVENT_TYPES } from 'opentelemetry-instrumentation-openai-agents';

export function formatEventSummary(file: string): string {
  const events = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ChaukasEvent);
  const seen = EVENT_TYPES.map((type) => ({
    type,
    count: events.filter((event) => event.type === type).length,
  })).filter(({ count }) => count > 0);
  const sum = (field: 'prompt_tokens' | 'completion_tokens') =>
    events.reduce((total, event) => total + (event.llm_invocation?.[field] ?? 0), 0);
  const sessions = new Set(events.map((event) => event.session_id));

  return [
    `${events.length} events of ${sessions.size} sessions`,
    ...seen.map(({ type, count }) => `${String(count).padStart(5)}  ${type.slice('EVENT_TYPE_'.length)}`),
    `coverage: ${seen.length} of ${EVENT_TYPES.length} event types`,
    `tokens: ${sum('prompt_tokens')} in, ${sum('completion_tokens')} out`,
    `file: ${file}`,
  ].join('\n');
}
