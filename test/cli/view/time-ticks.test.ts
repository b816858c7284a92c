// The axis of the waterfall in the page of agent-events view.
import { describe, expect, it } from 'vitest';
import { timeTicks } from '../../../viewer/views/session/time-ticks.js';

const labels = (start: number, span: number) => timeTicks(start, span).marks.map(({ label }) => label);

describe('The marks of an axis', () => {
  it.each([
    [0, 1_090, ['0', '500 ms', '1 s']],
    [0, 0.7, ['0', '0.2 ms', '0.4 ms', '0.6 ms']],
    [0, 1, ['0', '0.5 ms', '1 ms']],
    [0, 45_000, ['0', '15 s', '30 s', '45 s']],
    [0, 200_000, ['0', '1 min', '2 min', '3 min']],
    [0, 5 * 3_600_000, ['0', '2 h', '4 h']],
    [0, 30 * 86_400_000, ['0', '10 d', '20 d', '30 d']],
  ])('are round: from %d, %d ms', (start, span, expected) => {
    expect(labels(start, span)).toEqual(expected);
  });

  it('are the same times in a part of it', () => {
    expect(labels(61_234.5, 12)).toEqual(['1 min 1.235 s', '1 min 1.24 s', '1 min 1.245 s']);
    const { marks, step, first } = timeTicks(130, 400);
    expect(marks).toEqual([
      { label: '200 ms', percent: 17.5 },
      { label: '300 ms', percent: 42.5 },
      { label: '400 ms', percent: 67.5 },
      { label: '500 ms', percent: 92.5 },
    ]);
    expect([step, first]).toEqual([25, 17.5]);
  });

  it('are at most five, however long or short it is', () => {
    for (let span = 1e-3; span < 1e13; span *= 1.37) {
      const { marks, step } = timeTicks(0, span);
      expect(marks.length).toBeGreaterThanOrEqual(2);
      expect(marks.length).toBeLessThanOrEqual(5);
      expect(step * (marks.length - 1)).toBeLessThanOrEqual(100.0001);
    }
  });
});
