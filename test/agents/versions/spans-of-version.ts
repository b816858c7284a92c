import * as agents from '@openai/agents';

/**
 * Whether the SDK has a span for a run (from 0.14 on), so that all spans of a run end when it waits for an approval. Up
 * to 0.13 an agent's span is a root and stays open until the run has been resumed.
 */
export const hasRunSpans = 'withTaskSpan' in agents;
