import { describe, expect, it } from 'vitest';
import { contentText } from '../../../src/instrumentation/agents/span-mappings/span-mapping.js';
import type { ContentPolicy } from '../../../src/spans/content-policy.js';

const ON_SPAN: ContentPolicy = { onSpan: true, onEvent: false, lengthLimit: 64, allowed: true, wanted: true };

const RESULT = 'gen_ai.tool.call.result';

describe('contentText', () => {
  it('is JSON, of a plain text too', () => {
    expect(contentText(RESULT, { orderId: 'A-1' }, ON_SPAN)).toBe('{"orderId":"A-1"}');
    expect(contentText(RESULT, 'done', ON_SPAN)).toBe('"done"');
  });

  it('is valid JSON within the limit for long content', () => {
    const text = contentText(RESULT, { orderId: 'A-1', note: 'n'.repeat(1000) }, ON_SPAN) ?? '';
    expect(text.length).toBeLessThanOrEqual(64);
    expect(JSON.parse(text)).toMatchObject({ orderId: 'A-1' });
  });

  it('is undefined if spans carry no content', () => {
    expect(contentText(RESULT, 'done', { ...ON_SPAN, onSpan: false })).toBeUndefined();
    expect(contentText(RESULT, undefined, ON_SPAN)).toBeUndefined();
  });
});
