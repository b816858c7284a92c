import * as agents from '@openai/agents';

/**
 * From 0.14 on the SDK has a span for a run, and all spans of a run end where it waits for an approval. Up to 0.13 an
 * agent's span is a root, and goes on until the run has been resumed.
 */
export const hasRunSpans = 'withTaskSpan' in agents;
