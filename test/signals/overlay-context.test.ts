import { createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { overlayOn } from '../../src/signals/overlay-context.js';

const KEYS = Array.from({ length: 8 }, (_, index) => createContextKey(`key ${index}`));
const [first = Symbol(), second = Symbol()] = KEYS;

describe('An overlay on a context', () => {
  it('has the values of the context and its own, and leaves the context as it is', () => {
    const base = ROOT_CONTEXT.setValue(first, 'base');
    const overlay = overlayOn(base).setValue(second, 'own');
    expect([overlay.getValue(first), overlay.getValue(second)]).toEqual(['base', 'own']);
    expect(base.getValue(second)).toBeUndefined();
  });

  it('replaces a value of the context, and one of another overlay', () => {
    const base = ROOT_CONTEXT.setValue(first, 1);
    const once = overlayOn(base).setValue(first, 2);
    const twice = once.setValue(first, 3);
    expect([base, once, twice].map((context) => context.getValue(first))).toEqual([1, 2, 3]);
  });

  it('may have a value that is undefined', () => {
    const overlay = overlayOn(ROOT_CONTEXT.setValue(first, 1)).setValue(first, undefined);
    expect(overlay.getValue(first)).toBeUndefined();
  });

  it('keeps all values, however many overlays there are', () => {
    let context = overlayOn(ROOT_CONTEXT);
    for (const [index, key] of KEYS.entries()) context = context.setValue(key, index);
    expect(KEYS.map((key) => context.getValue(key))).toEqual(KEYS.map((_, index) => index));
  });

  it('loses a deleted value alone, wherever it was set', () => {
    const context = overlayOn(ROOT_CONTEXT.setValue(first, 1)).setValue(second, 2);
    expect(context.deleteValue(first).getValue(first)).toBeUndefined();
    expect(context.deleteValue(first).getValue(second)).toBe(2);
    expect(context.deleteValue(second).getValue(second)).toBeUndefined();
    expect(context.getValue(second)).toBe(2);
  });

  it("carries a span like the API's own context", () => {
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
    const context = trace.setSpan(overlayOn(ROOT_CONTEXT), span);
    expect(trace.getSpan(context)).toBe(span);
    expect(trace.getSpan(trace.deleteSpan(context))).toBeUndefined();
  });
});
