import { describe, expect, it } from 'vitest';
import { modelPerformance } from '../../../src/events/content/performance.js';
import { plainSpan } from '../plain-span.js';

describe('modelPerformance', () => {
  it('has the time to the first chunk in milliseconds', () => {
    const span = plainSpan({ 'gen_ai.response.time_to_first_chunk': 0.25 });
    expect(modelPerformance(span)).toMatchObject({ latency_ms: 250 });
  });

  it('leaves out what is too large for a number', () => {
    const span = plainSpan({
      'gen_ai.response.time_to_first_chunk': Number.MAX_VALUE,
      'gen_ai.usage.output_tokens': Number.MAX_VALUE,
    });
    expect(modelPerformance(span)).toEqual({ duration_ms: expect.any(Number) });
  });
});
